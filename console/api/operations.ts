import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { ApiContext } from './context.ts';
import { inventoryOperations } from './endpoints.ts';
import { evidenceOperations } from './evidence.ts';
import { exportOperations } from './exports.ts';
import { incidentOperations } from './incidents.ts';
import { keyOperations } from './keys.ts';
import { listOperations } from './lists.ts';
import { oidcOperations } from './oidc.ts';
import { openApiDocument } from './openapi.ts';
import { ok, operation } from './operation.ts';
import type { Operation } from './operation.ts';
import { overviewOperations } from './overview.ts';
import { quietedOperations } from './quieted.ts';
import { registryOperations } from './registry.ts';
import { revocationOperations } from './revocation.ts';
import { serviceOperations } from './service.ts';
import { sessionOperations } from './session.ts';
import { silenceOperations } from './silences.ts';
import { tokenOperations } from './tokens.ts';
import { whatIfOperations } from './what-if.ts';

/** Everything that the API offers. */
export function apiOperations(context: ApiContext, registry: Registry): Operation[] {
  const operations = [
    ...incidentOperations(context),
    ...evidenceOperations(context),
    ...listOperations(context),
    ...exportOperations(context),
    ...tokenOperations(context),
    ...registryOperations(context),
    ...revocationOperations(context),
    ...silenceOperations(context),
    ...quietedOperations(context),
    ...whatIfOperations(context),
    ...overviewOperations(context),
    ...inventoryOperations(context),
    ...sessionOperations(context),
    ...oidcOperations(context),
    ...keyOperations(context),
    ...serviceOperations(context, registry),
  ];
  let document: Record<string, unknown> | null = null;
  const described: Operation = operation({
    id: 'openapi',
    method: 'GET',
    path: '/api/openapi.json',
    tag: 'service',
    summary: 'This document',
    access: 'everybody',
    answer: z.record(z.string(), z.unknown()),
    handle: async () =>
      ok((document ??= openApiDocument([...operations, described], context.version))),
  });
  return [...operations, described];
}
