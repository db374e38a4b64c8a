import { z } from 'zod';
import { ENTITIES } from '../../model/finding.ts';
import { QUIETED_MS, readRefuted, readWatchOnly } from '../../store/detection/verdicts.ts';
import type { ApiContext } from './context.ts';
import { ok, operation } from './operation.ts';
import type { Operation } from './operation.ts';
import { iso } from './views.ts';

const quietedSchema = z
  .object({
    incident: z.string(),
    detection: z.string(),
    entity: z.enum(ENTITIES),
    token_hash: z.string(),
    client: z.string(),
    /** Of an endpoint or a service. */
    name: z.string(),
    /** What exactly was called harmless (`BR`, `payments:write`); empty where nothing in particular. */
    value: z.string(),
    owner: z.string(),
    reason: z.string(),
    since: z.string(),
    until: z.string(),
  })
  .meta({ id: 'Quieted' });

const watchOnlySchema = z
  .object({ detection: z.string(), since: z.string(), reason: z.string() })
  .meta({ id: 'WatchOnly' });

/** What verdicts keep quiet: single things for a month, and whole detections that are mostly wrong. */
export function quietedOperations({ db, now }: ApiContext): Operation[] {
  const list = operation({
    id: 'listQuieted',
    method: 'GET',
    path: '/api/v1/quieted',
    tag: 'detections',
    summary: 'What false-positive verdicts keep quiet, with owner and expiry',
    access: 'viewer',
    answer: z.object({ quieted: z.array(quietedSchema), watch_only: z.array(watchOnlySchema) }),
    handle: async () => {
      const [refuted, watched] = await Promise.all([
        readRefuted(db, now() - QUIETED_MS),
        readWatchOnly(db),
      ]);
      return ok({
        quieted: refuted.map(({ incidentId, tokenHash, clientId, at, key: _, ...one }) => ({
          ...one,
          incident: incidentId,
          token_hash: tokenHash,
          client: clientId,
          since: iso(at),
          until: iso(at + QUIETED_MS),
        })),
        watch_only: watched.map((one) => ({ ...one, since: iso(one.since) })),
      });
    },
  });
  return [list];
}
