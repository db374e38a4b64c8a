import { readExpiredUse, readRegisteredLapses } from '../../store/detection/lapsed.ts';
import type { LapsedUse } from '../../store/detection/lapsed.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';

function judge(use: LapsedUse, why: 'expired' | 'revoked'): OpenNotice[] {
  const { lifecycleExpiredAccepted, lifecycleRevokedAccepted } = DETECTIONS;
  const detection = why === 'expired' ? lifecycleExpiredAccepted : lifecycleRevokedAccepted;
  return noticesOf({
    detection,
    entity: tokenEntity(use.tokenHash, use.clientId),
    noticed: detection.detect(use, {}, detection.parameters),
    decidedAt: use.first,
    calls: use.calls,
  });
}

/** Tokens accepted after their end: the one that they state, and the one that their issuer registered. */
export const lapsed: readonly Watch[] = [
  {
    concern: 'expired',
    pace: 'tick',
    look: async (db, scope) =>
      (await readExpiredUse(db, scope)).flatMap((use) => judge(use, 'expired')),
  },
  {
    concern: 'lapsed',
    pace: 'tick',
    look: async (db, scope) =>
      (await readRegisteredLapses(db, scope)).flatMap((use) => judge(use, use.why)),
  },
];
