import { readAges, readSiblings } from '../../store/detection/ages.ts';
import type { Db } from '../../store/db.ts';
import type { TokenAge } from '../../store/detection/ages.ts';
import type { Scope } from '../../store/detection/scope.ts';
import type { Policy } from '../../config/policy.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { DETECTIONS } from '../registry.ts';
import { rotationsIn } from './rotations.ts';
import { noticesOf, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';
import { DAY_MS } from '../volume/calendar.ts';

/** Moments that count: live what became due lately and was not told, in a backtest those of the range. */
interface Range {
  from: number;
  to: number;
}

function rangeOf(scope: Scope): Range {
  return scope.by === 'event' ? scope : { from: -Infinity, to: scope.to };
}

function judgeAge(age: TokenAge, policy: Policy, range: Range): OpenNotice[] {
  const { tokenHash, clientId, issuedAt, expiresAt, since, last } = age;
  const { lifecycleExpiring, lifecycleLifetimeOverPolicy, lifecycleRotationOverdue } = DETECTIONS;
  const overdueAt = Math.max((issuedAt || since) + policy.rotate_within, since);
  const due = [
    {
      detection: lifecycleExpiring,
      at: Math.max(expiresAt - policy.expiry_notice, since),
      // Live, a token that has expired meanwhile is another detection's business.
      holds: policy.expiry_notice > 0 && (range.from !== -Infinity || expiresAt > range.to),
    },
    { detection: lifecycleLifetimeOverPolicy, at: since, holds: policy.max_lifetime > 0 },
    {
      detection: lifecycleRotationOverdue,
      at: overdueAt,
      holds: policy.rotate_within > 0 && last >= overdueAt,
    },
  ];
  return due
    .filter(({ at, holds }) => holds && at >= range.from && at < range.to)
    .flatMap(({ detection, at }) => {
      const baseline = {
        maxLifetime: policy.max_lifetime,
        rotateWithin: policy.rotate_within,
        expiryNotice: policy.expiry_notice,
      };
      return noticesOf({
        detection,
        entity: tokenEntity(tokenHash, clientId),
        noticed: detection.detect({ ...age, at }, baseline, detection.parameters),
        decidedAt: at,
      });
    });
}

/** Whose rotation it is shows only once a client's tokens are compared: others' notices are left out later. */
async function overlaps(db: Db, policy: Policy, range: Range): Promise<OpenNotice[]> {
  if (policy.overlap === 0) return [];
  const begun = { from: range.from - policy.overlap, to: range.to - policy.overlap };
  const siblings = await readSiblings(db, begun);
  return rotationsIn(siblings, begun).flatMap((rotation) => {
    const detection = DETECTIONS.lifecycleOverlap;
    const baseline = { overlap: policy.overlap };
    return noticesOf({
      detection,
      entity: tokenEntity(rotation.old.tokenHash, rotation.old.clientId),
      noticed: detection.detect(rotation, baseline, detection.parameters),
      decidedAt: rotation.at + policy.overlap,
    });
  });
}

/** What the clock makes due: expiry, rotation, and the end of the overlap after one. */
export const ages: Watch = {
  pace: 'slow',
  byToken: true,
  look: async (db, scope, { policy }) => {
    const range = rangeOf(scope);
    const isLive = scope.by === 'arrival';
    const found = await readAges(db, {
      at: scope.to,
      from: isLive ? scope.to : scope.from,
      expiryNotice: policy.expiry_notice,
      maxLifetime: policy.max_lifetime,
      rotateWithin: policy.rotate_within,
      isLive,
      shard: scope.shard,
    });
    const due = found.flatMap((age) => judgeAge(age, policy, range));
    const lately = isLive ? { from: scope.to - DAY_MS, to: scope.to } : range;
    return [...due, ...(await overlaps(db, policy, lately))];
  },
};
