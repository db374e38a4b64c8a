import { readAwakenings } from '../../store/detection/dormancy.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';

const DAY = 86_400_000;

/** Tokens that wake up after a long sleep. */
export const dormancy: Watch = {
  concern: 'tokens',
  pace: 'slow',
  look: async (db, scope, { policy }) => {
    if (policy.dormant_after === 0) return [];
    const found = await readAwakenings(db, scope, Math.max(DAY, policy.dormant_after));
    return found.flatMap((one) => {
      const detection = DETECTIONS.lifecycleDormantActive;
      const baseline = { dormantAfter: policy.dormant_after };
      return noticesOf({
        detection,
        entity: tokenEntity(one.tokenHash, one.clientId),
        noticed: detection.detect(one, baseline, detection.parameters),
        decidedAt: one.time,
      });
    });
  },
};
