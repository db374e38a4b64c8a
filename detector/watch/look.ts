import type { Db } from '../../store/db.ts';
import { readConcerns } from '../../store/detection/concerns.ts';
import type { Scope } from '../../store/detection/scope.ts';
import type { OpenNotice } from '../judge/judged.ts';
import type { DetectorSettings } from '../parameters.ts';
import type { Watch } from './watch.ts';
import { WATCHES } from './watches.ts';

/** Slow watches look when the clock turns to another 20 s, at all calls of so long, ms. */
const SLOW_MS = 20_000;
const RECENT_MS = 330_000;
/** Live looks begin so much before the last one ended, ms (see app.ts). */
const OVERLAP_MS = 10_000;

/** The range that watches of a pace look at now, or null when they do not. */
function rangeOf(pace: Watch['pace'], scope: Scope): Scope | null {
  if (pace === 'tick' || scope.by === 'event') return scope;
  const before = Math.floor((scope.from + OVERLAP_MS) / SLOW_MS);
  if (Math.floor((scope.to - 1) / SLOW_MS) === before) return null;
  return { ...scope, from: scope.from - RECENT_MS };
}

/** What all watches, and the users' own rules, notice in a range of calls. */
export async function lookAround(
  db: Db,
  scope: Scope,
  settings: DetectorSettings,
): Promise<OpenNotice[]> {
  const notices: OpenNotice[] = [];
  for (const pace of ['tick', 'slow'] as const) {
    const range = rangeOf(pace, scope);
    if (range === null) continue;
    const watches = WATCHES.filter((watch) => watch.pace === pace);
    const names = watches.flatMap(({ concern }) => (concern === undefined ? [] : [concern]));
    const concerned = await readConcerns(db, range, settings, names);
    for (const { concern, look } of watches) {
      if (concern !== undefined && !concerned.has(concern)) continue;
      notices.push(...(await look(db, range, settings)));
    }
  }
  notices.push(...((await settings.userRules?.look(scope)) ?? []));
  return notices;
}
