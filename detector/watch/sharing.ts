import { readManyClients, readSharedUse } from '../../store/detection/sharing.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';

/** Tokens that more than one party seems to hold. */
export const sharing: Watch = {
  concern: 'tokens',
  pace: 'slow',
  byToken: true,
  look: async (db, scope) => {
    const { sharingAtOnce, sharingSeveralClients, geographyConcurrentCountries } = DETECTIONS;
    const least = Math.min(
      sharingAtOnce.parameters['at_once'] ?? 3,
      geographyConcurrentCountries.parameters['at_once'] ?? 3,
    );
    const [used, many] = await Promise.all([
      readSharedUse(db, scope, least),
      readManyClients(db, scope),
    ]);
    const clients = many.flatMap((one) =>
      noticesOf({
        detection: sharingSeveralClients,
        entity: tokenEntity(one.tokenHash, one.clientId),
        noticed: sharingSeveralClients.detect(one, {}, sharingSeveralClients.parameters),
        decidedAt: one.first,
        moment: 'daily',
      }),
    );
    const places = used.flatMap((one) =>
      [sharingAtOnce, geographyConcurrentCountries].flatMap((detection) =>
        noticesOf({
          detection,
          entity: tokenEntity(one.tokenHash, one.clientId),
          noticed: detection.detect(one, one, detection.parameters),
          decidedAt: one.first,
          moment: 'daily',
        }),
      ),
    );
    return [...clients, ...places];
  },
};
