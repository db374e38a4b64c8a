import { policyParams } from '../../store/detection/policy.ts';
import { readOneFactorUse, readWeakTransport } from '../../store/detection/transport.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, serviceEntity, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';

/** How calls came: over which TLS, and with how many factors. */
export const transport: readonly Watch[] = [
  {
    concern: 'transport',
    pace: 'tick',
    look: async (db, scope, { policy }) => {
      const found = await readWeakTransport(db, scope, policyParams(policy));
      return found.flatMap((one) => {
        const { bindingPlainHttp, bindingWeakTls } = DETECTIONS;
        const detection = one.version === 'none' ? bindingPlainHttp : bindingWeakTls;
        return noticesOf({
          detection,
          entity: serviceEntity(one.service),
          noticed: detection.detect(one, { minTls: policy.min_tls }, detection.parameters),
          decidedAt: one.first,
        });
      });
    },
  },
  {
    concern: 'oneFactor',
    pace: 'tick',
    look: async (db, scope, { policy }) => {
      const found = await readOneFactorUse(db, scope, policyParams(policy));
      return found.flatMap((use) => {
        const detection = DETECTIONS.authorizationMissingSecondFactor;
        return noticesOf({
          detection,
          entity: tokenEntity(use.tokenHash, use.clientId),
          noticed: detection.detect(use, {}, detection.parameters),
          decidedAt: use.first,
        });
      });
    },
  },
];
