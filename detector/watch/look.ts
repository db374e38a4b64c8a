import type { Db } from '../../store/db.ts';
import { readConcerns } from '../../store/detection/concerns.ts';
import { WHOLE } from '../../config/shard.ts';
import { countCalls } from '../../store/detection/load.ts';
import type { Scope } from '../../store/detection/scope.ts';
import { ownsKey } from '../../store/detection/shard.ts';
import type { OpenNotice } from '../judge/judged.ts';
import type { DetectorSettings } from '../parameters.ts';
import { ROUND_MS, isTurnOf, partOf, turnsBetween, turnsFor } from './turns.ts';
import type { Watch } from './watch.ts';
import { WATCHES } from './watches.ts';

/** Live, rare watches look when the clock turns to another 5 min, slow ones in turns of 20 s; ms. */
const RARE_MS = 300_000;
/** Users' own rules join what many tables hold: they are asked when the clock turns to another 5 s; ms. */
const RULES_MS = 5_000;
/** Slow and rare watches look at all calls that arrived in so long, ms: five minutes and what a look overlaps. */
const RECENT_MS = 330_000;
/** A look over more than this is one of several that catch up, ms. */
const CATCHING_UP_MS = 100_000;
/** Live looks begin so much before the last one ended, ms (see app.ts). */
const OVERLAP_MS = 10_000;

/** What looking around remembers. */
export interface WatchMemory {
  /** Into how many turns the round of slow watches is divided. */
  turns: number;
}

/** Nothing was looked at yet. */
export function createWatchMemory(): WatchMemory {
  return { turns: 1 };
}

/** Some watches, and what they look at. */
interface Round {
  watches: readonly Watch[];
  scope: Scope;
}

function hasTurned(scope: Scope, every: number): boolean {
  const before = Math.floor((scope.from + OVERLAP_MS) / every);
  return Math.floor((scope.to - 1) / every) !== before;
}

/** What slow watches look at now: everything once in 20 s, a part of the tokens at a time. */
async function slowRounds(
  db: Db,
  watches: readonly Watch[],
  scope: Scope,
  memory: WatchMemory,
): Promise<Round[]> {
  const range = { ...scope, from: scope.from - RECENT_MS };
  // A look that catches up is long: there slow watches need not look at every one of them.
  if (scope.to - scope.from > CATCHING_UP_MS)
    return hasTurned(scope, RARE_MS) ? [{ watches, scope: range }] : [];
  if (hasTurned(scope, ROUND_MS)) memory.turns = turnsFor(await countCalls(db, range));
  return turnsBetween(scope.from + OVERLAP_MS, scope.to - 1, memory.turns).flatMap((turn) => {
    const part = { ...range, shard: partOf(scope.shard, turn) };
    const others = watches.filter((one, i) => one.byToken !== true && isTurnOf(i, turn));
    return [
      { watches: watches.filter((one) => one.byToken === true), scope: part },
      { watches: others, scope: range },
    ];
  });
}

async function roundsOf(db: Db, scope: Scope, memory: WatchMemory): Promise<Round[]> {
  const isFirst = (scope.shard ?? WHOLE).index === 1;
  const watches = WATCHES.filter((one) => isFirst || one.once !== true);
  const of = (pace: Watch['pace']): Watch[] => watches.filter((one) => one.pace === pace);
  if (scope.by === 'event') {
    return [{ watches: [...of('tick'), ...of('slow'), ...of('rare')], scope }];
  }
  const rare = { watches: of('rare'), scope: { ...scope, from: scope.from - RECENT_MS } };
  return [
    { watches: of('tick'), scope },
    ...(await slowRounds(db, of('slow'), scope, memory)),
    ...(hasTurned(scope, RARE_MS) ? [rare] : []),
  ];
}

/**
 * What all watches, and the users' own rules, notice in a range of calls. Of several detectors each
 * notices what concerns its own entities: nearly all of them are told apart by the store.
 */
export async function lookAround(
  db: Db,
  scope: Scope,
  settings: DetectorSettings,
  memory = createWatchMemory(),
): Promise<OpenNotice[]> {
  const notices: OpenNotice[] = [];
  for (const { watches, scope: range } of await roundsOf(db, scope, memory)) {
    const names = new Set(watches.flatMap(({ concern }) => concern ?? []));
    const concerned = await readConcerns(db, range, settings, [...names]);
    for (const { concern, look, once } of watches) {
      if (concern !== undefined && !concerned.has(concern)) continue;
      if (once === true) notices.push(...(await look(db, range, settings)));
      else notices.push(...ownOf(scope, await look(db, range, settings)));
    }
  }
  const asked = rulesScope(scope);
  const fired = asked === null ? [] : await settings.userRules?.look(asked);
  notices.push(...ownOf(scope, fired ?? []));
  return notices;
}

/** What users' own rules look at now: what came since they were last asked, with the overlap of a look. */
function rulesScope(scope: Scope): Scope | null {
  if (scope.by === 'event') return scope;
  return hasTurned(scope, RULES_MS) ? { ...scope, from: scope.from - RULES_MS } : null;
}

function ownOf({ shard = WHOLE }: Scope, notices: OpenNotice[]): OpenNotice[] {
  return shard.count === 1 ? notices : notices.filter(({ entity }) => ownsKey(shard, entity.key));
}
