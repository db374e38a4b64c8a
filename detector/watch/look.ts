import type { Db } from '../../store/db.ts';
import { readConcerns } from '../../store/detection/concerns.ts';
import type { Concern } from '../../store/detection/concerns.ts';
import { WHOLE } from '../../config/shard.ts';
import { countCalls } from '../../store/detection/load.ts';
import type { Scope } from '../../store/detection/scope.ts';
import { ownsKey } from '../../store/detection/shard.ts';
import type { OpenNotice } from '../judge/judged.ts';
import type { DetectorSettings } from '../parameters.ts';
import { ROUND_MS, isTurnOf, partOf, turnsBetween, turnsFor } from './turns.ts';
import type { Watch } from './watch.ts';
import { WATCHES } from './watches.ts';

/** Live, rare watches look once in 5 min, slow ones in turns of 20 s; ms. */
const RARE_MS = 300_000;
/**
 * Rare ones look so much after the clock turns to another 5 min, ms: not when it turns to another
 * minute, as much else happens then, nor when rules are asked.
 */
const RARE_PHASE_MS = 13_000;
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
  /** What calls of the last five minutes concerned when the round began; a later call waits for the next. */
  concerned?: ReadonlySet<Concern>;
}

/** Nothing was looked at yet. */
export function createWatchMemory(): WatchMemory {
  return { turns: 1 };
}

/** Some watches, and what they look at. */
interface Round {
  watches: readonly Watch[];
  scope: Scope;
  /** What its calls concern, where that is known already. */
  concerned?: ReadonlySet<Concern> | undefined;
}

function hasTurned(scope: Scope, every: number, phase = 0): boolean {
  const before = Math.floor((scope.from + OVERLAP_MS - phase) / every);
  return Math.floor((scope.to - 1 - phase) / every) !== before;
}

const concernsOf = (watches: readonly Watch[]): Concern[] => [
  ...new Set(watches.flatMap(({ concern }) => concern ?? [])),
];

/** What slow watches look at now: everything once in 20 s, a part of the tokens at a time. */
async function slowRounds(
  db: Db,
  watches: readonly Watch[],
  scope: Scope,
  { memory, settings }: { memory: WatchMemory; settings: DetectorSettings },
): Promise<Round[]> {
  const range = { ...scope, from: scope.from - RECENT_MS };
  // A look that catches up is long: there slow watches need not look at every one of them.
  if (scope.to - scope.from > CATCHING_UP_MS)
    return hasTurned(scope, RARE_MS, RARE_PHASE_MS) ? [{ watches, scope: range }] : [];
  const isNew = hasTurned(scope, ROUND_MS);
  if (isNew) memory.turns = turnsFor(await countCalls(db, range));
  const turns = turnsBetween(scope.from + OVERLAP_MS, scope.to - 1, memory.turns);
  // Asked once a round and not in each of its turns: it is a pass over five minutes of calls.
  if (isNew || (memory.concerned === undefined && turns.length > 0))
    memory.concerned = await readConcerns(db, range, settings, concernsOf(watches));
  const { concerned } = memory;
  return turns.flatMap((turn) => {
    const part = { ...range, shard: partOf(scope.shard, turn) };
    const others = watches.filter((one, i) => one.byToken !== true && isTurnOf(i, turn));
    return [
      { watches: watches.filter((one) => one.byToken === true), scope: part, concerned },
      { watches: others, scope: range, concerned },
    ];
  });
}

async function roundsOf(
  db: Db,
  scope: Scope,
  context: { memory: WatchMemory; settings: DetectorSettings },
): Promise<Round[]> {
  const isFirst = (scope.shard ?? WHOLE).index === 1;
  const watches = WATCHES.filter((one) => isFirst || one.once !== true);
  const of = (pace: Watch['pace']): Watch[] => watches.filter((one) => one.pace === pace);
  if (scope.by === 'event') {
    return [{ watches: [...of('tick'), ...of('slow'), ...of('rare')], scope }];
  }
  const rare = { watches: of('rare'), scope: { ...scope, from: scope.from - RECENT_MS } };
  return [
    { watches: of('tick'), scope },
    ...(await slowRounds(db, of('slow'), scope, context)),
    ...(hasTurned(scope, RARE_MS, RARE_PHASE_MS) ? [rare] : []),
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
  for (const round of await roundsOf(db, scope, { memory, settings })) {
    const { watches, scope: range } = round;
    const concerned =
      round.concerned ?? (await readConcerns(db, range, settings, concernsOf(watches)));
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
