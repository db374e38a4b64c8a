import type { Db } from '../../store/db.ts';
import { readConcerns } from '../../store/detection/concerns.ts';
import { WHOLE } from '../../config/shard.ts';
import type { Scope } from '../../store/detection/scope.ts';
import { ownsKey } from '../../store/detection/shard.ts';
import type { OpenNotice } from '../judge/judged.ts';
import type { DetectorSettings } from '../parameters.ts';
import type { Watch } from './watch.ts';
import { WATCHES } from './watches.ts';

/** Live, slow watches look when the clock turns to another 20 s, rare ones to another 5 min; ms. */
const EVERY: Readonly<Record<Watch['pace'], number>> = {
  tick: 0,
  slow: 20_000,
  rare: 300_000,
};
/** They look at all calls that arrived in so long, ms: five minutes and what a look overlaps. */
const RECENT_MS = 330_000;
/** A look over more than this is one of several that catch up, ms. */
const CATCHING_UP_MS = 100_000;
/** Live looks begin so much before the last one ended, ms (see app.ts). */
const OVERLAP_MS = 10_000;

/** The range that watches of a pace look at now, or null when they do not. */
function rangeOf(pace: Watch['pace'], scope: Scope): Scope | null {
  if (pace === 'tick' || scope.by === 'event') return scope;
  // A look that catches up is long: there slow watches need not look at every one of them.
  const every = scope.to - scope.from > CATCHING_UP_MS ? EVERY.rare : EVERY[pace];
  const before = Math.floor((scope.from + OVERLAP_MS) / every);
  if (Math.floor((scope.to - 1) / every) === before) return null;
  return { ...scope, from: scope.from - RECENT_MS };
}

/**
 * What all watches, and the users' own rules, notice in a range of calls. Of several detectors each
 * notices what concerns its own entities: nearly all of them are told apart by the store.
 */
export async function lookAround(
  db: Db,
  scope: Scope,
  settings: DetectorSettings,
): Promise<OpenNotice[]> {
  const notices: OpenNotice[] = [];
  for (const pace of ['tick', 'slow', 'rare'] as const) {
    const range = rangeOf(pace, scope);
    if (range === null) continue;
    const isFirst = (scope.shard ?? WHOLE).index === 1;
    const watches = WATCHES.filter((one) => one.pace === pace && (isFirst || one.once !== true));
    const names = new Set(watches.flatMap(({ concern }) => concern ?? []));
    const concerned = await readConcerns(db, range, settings, [...names]);
    for (const { concern, look, once } of watches) {
      if (concern !== undefined && !concerned.has(concern)) continue;
      if (once === true) notices.push(...(await look(db, range, settings)));
      else notices.push(...ownOf(scope, await look(db, range, settings)));
    }
  }
  notices.push(...ownOf(scope, (await settings.userRules?.look(scope)) ?? []));
  return notices;
}

function ownOf({ shard = WHOLE }: Scope, notices: OpenNotice[]): OpenNotice[] {
  return shard.count === 1 ? notices : notices.filter(({ entity }) => ownsKey(shard, entity.key));
}
