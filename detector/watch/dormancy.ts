import { readAwakenings } from '../../store/detection/dormancy.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';
import { DAY_MS } from '../volume/calendar.ts';

/** Tokens that wake up after a long sleep. */
export const dormancy: Watch = {
  concern: 'tokens',
  pace: 'slow',
  byToken: true,
  look: async (db, scope, { policy }) => {
    if (policy.dormant_after === 0) return [];
    const found = await readAwakenings(db, scope, Math.max(DAY_MS, policy.dormant_after));
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
