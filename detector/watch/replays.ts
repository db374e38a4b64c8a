import { readReplays } from '../../store/detection/replays.ts';
import { readStatedUse } from '../../store/detection/stated.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';

/** Requests that state a time long past, or to come. */
const stale: Watch = {
  concern: 'stated',
  pace: 'tick',
  look: async (db, scope) => {
    const detection = DETECTIONS.replayStaleTimestamp;
    const limit = (detection.parameters['minutes'] ?? 5) * 60;
    return (await readStatedUse(db, scope, limit)).flatMap((one) =>
      noticesOf({
        detection,
        entity: tokenEntity(one.tokenHash, one.clientId),
        noticed: detection.detect(one, {}, detection.parameters),
        decidedAt: one.first,
        moment: 'daily',
      }),
    );
  },
};

/** Nonces and idempotency keys that come again. */
const nonces: Watch = {
  concern: 'nonces',
  pace: 'tick',
  look: async (db, scope) => {
    const { replayNonce, replayStale } = DETECTIONS;
    const lateAfter = (replayStale.parameters['late_minutes'] ?? 60) * 60_000;
    const found = await readReplays(db, scope, lateAfter);
    return found.flatMap((one) =>
      [replayNonce, replayStale].flatMap((detection) =>
        noticesOf({
          detection,
          entity: tokenEntity(one.tokenHash, one.clientId),
          noticed: detection.detect(one, {}, detection.parameters),
          decidedAt: one.first,
          moment: 'daily',
        }),
      ),
    );
  },
};

/** What is sent again, and what says that it was made long ago. */
export const replays: readonly Watch[] = [nonces, stale];
