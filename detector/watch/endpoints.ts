import {
  readAnonymousUse,
  readCapped,
  readSeenEndpoints,
} from '../../store/detection/endpoints.ts';
import type { AnonymousUse, SeenEndpoint } from '../../store/detection/endpoints.ts';
import { policyParams } from '../../store/detection/policy.ts';
import type { Severity } from '../../model/severity.ts';
import { inventoryOf } from '../inventory/inventory.ts';
import type { Inventory } from '../inventory/inventory.ts';
import { isPrivileged, looksSensitive } from '../inventory/sensitive.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { DETECTIONS } from '../registry.ts';
import { endpointEntity, noticesOf, serviceEntity } from './notice.ts';
import type { Watch } from './watch.ts';

function judgeAnonymous(use: AnonymousUse, inventory: Inventory): OpenNotice[] {
  const detection = DETECTIONS.authorizationUnauthenticated;
  const baseline = {
    configured: use.configured > 0,
    documented: inventory.find(use.service, use.method, use.route)?.isSecured ?? null,
    neighbours: { calls: use.neighbours, anonymous: use.neighboursAnonymous },
    own: { calls: use.own, anonymous: use.ownAnonymous },
  };
  return noticesOf({
    detection,
    entity: endpointEntity(use.service, use.method, use.route),
    noticed: detection.detect(use, baseline, detection.parameters),
    decidedAt: use.first,
    moment: 'daily',
  });
}

/** What a stranger finds at a route decides how bad it is that nobody knows of it. */
function ranked(seen: SeenEndpoint): Severity {
  const isSensitive = looksSensitive(seen.route);
  if (seen.anonymous > 0) return isSensitive ? 'critical' : 'high';
  return isSensitive ? 'high' : 'medium';
}

function judgeSeen(seen: SeenEndpoint, inventory: Inventory): OpenNotice[] {
  const operation = inventory.find(seen.service, seen.method, seen.route);
  const entity = endpointEntity(seen.service, seen.method, seen.route);
  const {
    inventoryUndocumentedRoute: route,
    inventoryUnexpectedField: field,
    inventoryDeprecatedRoute: old,
  } = DETECTIONS;
  const baseline = { isDocumented: operation !== null };
  const unknown = noticesOf({
    detection: { ...route, severity: ranked(seen) },
    entity,
    noticed: route.detect(seen, baseline, route.parameters),
    decidedAt: seen.first,
  });
  const deprecated = noticesOf({
    detection: old,
    entity,
    noticed: old.detect(seen, { isDeprecated: operation?.isDeprecated === true }, old.parameters),
    decidedAt: seen.first,
  });
  const known = operation?.fields ?? null;
  const strange = known === null ? [] : seen.fields;
  const fields = strange.flatMap((name) =>
    noticesOf({
      detection: { ...field, severity: isPrivileged(name) ? 'high' : 'medium' },
      entity,
      noticed: field.detect({ ...seen, name }, { known }, field.parameters),
      decidedAt: seen.first,
    }),
  );
  return [...unknown, ...deprecated, ...fields];
}

/** Endpoints: who may call them, and whether anybody knows of them. */
export const endpoints: readonly Watch[] = [
  {
    concern: 'anonymous',
    pace: 'tick',
    look: async (db, scope, settings) => {
      const found = await readAnonymousUse(db, scope, policyParams(settings.policy));
      return found.flatMap((use) => judgeAnonymous(use, inventoryOf(settings)));
    },
  },
  {
    concern: 'calls',
    pace: 'slow',
    look: async (db, scope, settings) => {
      const inventory = inventoryOf(settings);
      if (inventory.services.length === 0) return [];
      const seen = await readSeenEndpoints(db, scope, inventory.services);
      return seen.flatMap((one) => judgeSeen(one, inventory));
    },
  },
  {
    concern: 'capped',
    pace: 'slow',
    look: async (db, scope) => {
      const detection = DETECTIONS.inventoryRouteCap;
      return (await readCapped(db, scope)).flatMap((one) =>
        noticesOf({
          detection,
          entity: serviceEntity(one.service),
          noticed: detection.detect(one, {}, detection.parameters),
          decidedAt: one.first,
          // The cap begins anew with each UTC day, and so does its telling.
          moment: Math.floor(one.first / 86_400_000),
        }),
      );
    },
  },
];
