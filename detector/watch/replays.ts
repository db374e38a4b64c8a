import { readReplays } from '../../store/detection/replays.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';

/** Nonces and idempotency keys that come again. */
export const replays: Watch = {
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
