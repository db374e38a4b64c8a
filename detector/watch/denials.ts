import { readBreakthroughs, readStorms } from '../../store/detection/denials.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, serviceEntity, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';
import { DAY_MS } from '../volume/calendar.ts';

/** Refused calls: storms of them, and what was let pass after them. */
export const denials: readonly Watch[] = [
  {
    concern: 'denied',
    pace: 'slow',
    look: async (db, scope) => {
      const detection = DETECTIONS.authorizationFailureBurst;
      const least = detection.parameters['refusals'] ?? 20;
      return (await readBreakthroughs(db, scope, least)).flatMap((one) =>
        noticesOf({
          detection,
          entity: tokenEntity(one.tokenHash, one.clientId),
          noticed: detection.detect(one, {}, detection.parameters),
          decidedAt: one.passedAt,
          moment: Math.floor(one.passedAt / DAY_MS),
        }),
      );
    },
  },
  {
    concern: 'denied',
    pace: 'slow',
    look: async (db, scope) => {
      const detection = DETECTIONS.authorizationDeniedStorm;
      const least = detection.parameters['refusals'] ?? 300;
      return (await readStorms(db, scope, least)).flatMap((one) =>
        noticesOf({
          detection,
          entity: serviceEntity(one.service),
          noticed: detection.detect(one, one, detection.parameters),
          decidedAt: one.first,
          moment: Math.floor(one.first / DAY_MS),
        }),
      );
    },
  },
];
