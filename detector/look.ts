import type { DetectorConfig } from '../config/detector.ts';
import { WHOLE } from '../config/shard.ts';
import type { Db } from '../store/db.ts';
import { readFreshMinutes } from '../store/detection/fresh.ts';
import type { Arrival, FreshValue } from '../store/detection/fresh.ts';
import type { ProfileRow } from '../store/detection/profiles.ts';
import type { WindowRow } from '../store/detection/windows.ts';
import { createKnownValues, readUnknownValues } from './fresh-values.ts';
import type { KnownValues } from './fresh-values.ts';
import type { Feedback } from './feedback/quieted.ts';
import type { Judged, LearnThresholds } from './judge/judged.ts';
import { NO_DRIPS, judgeDripsLive } from './judge/drip.ts';
import type { DripMemory } from './judge/drip.ts';
import { judgeOutcomes } from './judge/outcomes.ts';
import { judgeTogetherLive } from './judge/together.ts';
import { judgeTravel } from './judge/travel.ts';
import { judgeValues } from './judge/values.ts';
import { judgeVolume } from './judge/volume.ts';
import type { MinuteLook } from './judge/volume.ts';
import { MixPasts } from './mix/pasts.ts';
import { createNarrowing, narrow, readCallers } from './narrowing/narrow.ts';
import type { Callers, Narrowing } from './narrowing/narrow.ts';
import { profilesOf, standingRows } from './narrowing/standing.ts';
import type { KnownProfiles } from './narrowing/standing.ts';
import { createRecentMap, createRecentSet } from './recent.ts';
import type { RecentSet } from './recent.ts';
import { MINUTE_MS, hourOf } from './volume/calendar.ts';
import { createWatchMemory, lookAround } from './watch/look.ts';
import type { WatchMemory } from './watch/look.ts';

/** A commit can come later than the arrival time that it stamps; so much is looked at again, ms. */
const OVERLAP_MS = 10_000;
/** Volume and values look back less far each time, and every so often much further, ms. */
const NEAR_MS = 1_000;
const FAR_EVERY_MS = 30_000;
/** Not on the minute, nor on a fifth second, as watches and rules are asked then; ms. */
const FAR_PHASE_MS = 7_000;
const FAR_MS = FAR_EVERY_MS + OVERLAP_MS + 1_000;
/** Windows of so late a look may have left the table that is asked about the present, ms. */
const RECENT_MS = 86_400_000;
/** One look takes so many values and minutes; what is left is owed to the next looks. */
const MOST_VALUES = 4_000;
const MOST_MINUTES = 30;
/** So many looks may be owed; beyond, the oldest are given up, and counted. */
const MOST_OWED = 10_000;

/** Values of arrivals that are still to be looked at. */
interface ValueLook {
  arrival: Arrival;
  /** The token that the last page ended with. */
  after: string;
}

/** What looking remembers. */
export interface LookMemory {
  /** What the watches remember; from the first look on. */
  watch?: WatchMemory;
  /** What tokens call; from the first look on. */
  mixes?: MixPasts;
  /** Values looked at in their hour. */
  values: RecentSet;
  /** Values that their tokens have long shown. */
  known: KnownValues;
  /** How far those who call are from standing out, and what is expected of those who do. */
  narrowing: Narrowing;
  profiles: KnownProfiles;
  /** What earlier looks left. */
  owedMinutes: MinuteLook[];
  owedValues: ValueLook[];
  /** Which slow drips were judged. */
  drips: DripMemory;
  /** How many looks were given up so far. */
  givenUp: number;
}

/** Nothing was looked at yet. */
export function createLookMemory(): LookMemory {
  return {
    values: createRecentSet(400_000),
    known: createKnownValues(),
    narrowing: createNarrowing(),
    profiles: createRecentMap(20_000),
    owedMinutes: [],
    owedValues: [],
    drips: NO_DRIPS,
    givenUp: 0,
  };
}

/** What a look did. */
export interface Looked {
  judged: Judged;
  /** Makes it final: only once what it found is kept. */
  done: () => void;
}

/** How far back, from the end of the last look, volume and values look at arrivals again, ms. */
export function overlapOf(cursor: number, to: number): number {
  const turn = (at: number): number => Math.floor((at - FAR_PHASE_MS) / FAR_EVERY_MS);
  return turn(cursor) === turn(to) ? NEAR_MS : FAR_MS;
}

/** How many looks are owed. */
export function owedLooks(memory: LookMemory): number {
  return memory.owedMinutes.length + memory.owedValues.length;
}

/** Until when everything that arrived has been looked at: what a restart goes on from, epoch ms. */
export function settledUntil(memory: LookMemory, cursor: number): number {
  const owed = [...memory.owedMinutes, ...memory.owedValues];
  return owed.reduce((least, one) => Math.min(least, one.arrival.from), cursor);
}

/** Values not looked at yet, by hour of their call, and the keys to remember them by. */
function unjudged(
  seen: RecentSet,
  values: readonly FreshValue[],
): { byHour: Map<number, FreshValue[]>; keys: string[] } {
  const fresh = values
    .map((one) => ({
      one,
      key: `${one.tokenHash}|${one.dimension}|${one.value}|${String(hourOf(one.time))}`,
    }))
    .filter(({ key }) => !seen.has(key));
  const byHour = Map.groupBy(
    fresh.map(({ one }) => one),
    (one) => hourOf(one.time),
  );
  return { byHour, keys: fresh.map(({ key }) => key) };
}

/**
 * Looks once at what arrived, and at what earlier looks left.
 *
 * @param arrival what is new, [from, to), epoch ms of the server's clock; and whose
 * @param context.behind how far its end is behind that clock, ms
 */
export async function look(
  db: Db,
  settings: DetectorConfig,
  memory: LookMemory,
  arrival: Arrival,
  { learn, feedback, behind }: { learn: LearnThresholds; feedback: Feedback; behind: number },
): Promise<Looked> {
  memory.mixes ??= new MixPasts();
  const judged: Judged = { notices: [], surprises: [], feedback, mixes: memory.mixes };
  const again = { ...arrival, from: arrival.from - overlapOf(arrival.from, arrival.to) };
  const around = { ...arrival, from: arrival.from - OVERLAP_MS };
  memory.watch ??= createWatchMemory();
  // What the watches ask and what the minutes ask wait for the same processors, not for one another.
  const [noticed, lookedAt] = await Promise.all([
    lookAround(db, { by: 'arrival', ...around }, settings, memory.watch),
    lookAtBaselines(db, memory, { arrival: again, isRecent: behind < RECENT_MS }, judged, learn),
  ]);
  judged.notices.unshift(...noticed);
  await judgeTogetherLive(db, judged, learn);
  const drips = await judgeDripsLive(db, memory.drips, arrival, judged, learn);
  return {
    judged,
    done() {
      for (const key of lookedAt.seen) memory.values.add(key);
      memory.drips = drips;
      memory.owedMinutes = keep(memory, lookedAt.owedMinutes);
      memory.owedValues = keep(memory, lookedAt.owedValues);
    },
  };
}

/** What a look at volume, answers and values leaves, and the values that it saw. */
interface LookedAt {
  owedMinutes: MinuteLook[];
  owedValues: ValueLook[];
  seen: string[];
}

/** Judges what is held against baselines: volume, how calls were answered, values. */
async function lookAtBaselines(
  db: Db,
  memory: LookMemory,
  { arrival, isRecent }: Pick<Found, 'arrival' | 'isRecent'>,
  judged: Judged,
  learn: LearnThresholds,
): Promise<LookedAt> {
  const [callers, shared] = await Promise.all([
    readCallers(db, memory.narrowing, arrival),
    (arrival.shard ?? WHOLE).count === 1 ? null : readFreshMinutes(db, arrival),
  ]);
  // Those that share the tokens look at the same minutes; who looks at all tokens has them already.
  const minutes = shared ?? [...callers.keys()].sort((a, b) => a - b);
  const found: Found = { minutes, callers, arrival, isRecent };
  const owedMinutes = await lookAtMinutes(db, memory, found, judged, learn);
  await lookAtOutcomes(db, found, judged, learn);
  const owedValues = [...memory.owedValues];
  if (minutes.length > 0) owedValues.push({ arrival, after: '' });
  const turn = owedValues.shift();
  if (turn === undefined) return { owedMinutes, owedValues, seen: [] };
  const { after } = turn;
  const page = await readUnknownValues(db, memory.known, turn.arrival, {
    limit: MOST_VALUES,
    after,
  });
  if (page.next !== null) owedValues.push({ ...turn, after: page.next });
  const seen = await lookAtValues(db, memory, page.values, judged, learn);
  return { owedMinutes, owedValues, seen };
}

function keep<T>(memory: LookMemory, owed: T[]): T[] {
  const excess = Math.max(0, owed.length - MOST_OWED);
  memory.givenUp += excess;
  return owed.slice(excess);
}

/** What a look found of minutes (epoch seconds), and who called in them. */
interface Found {
  minutes: readonly number[];
  callers: Callers;
  arrival: Arrival;
  isRecent: boolean;
}

/** Those of a minute (epoch ms) that stand out; absent where they are too many to be named. */
async function standingIn(
  db: Db,
  { narrowing, profiles }: LookMemory,
  { callers, arrival }: Found,
  minute: number,
): Promise<Pick<MinuteLook, 'standing'>> {
  const seconds = Math.floor(minute / 1000);
  const of = async (kind: 'token' | 'client'): Promise<WindowRow[] | null> => {
    const found = await narrow(db, kind, narrowing, { minute: seconds, callers, arrival });
    if (found === null) return null;
    const { rooms } = narrowing[kind];
    return standingRows(db, { rooms, profiles }, kind, seconds, found);
  };
  const [token, client] = await Promise.all([of('token'), of('client')]);
  if (token === null || client === null) return {};
  const ofClients = async (ids: readonly string[]): Promise<Map<string, ProfileRow>> =>
    profilesOf(db, profiles, 'client', seconds, ids);
  return { standing: { token, client, profiles: ofClients } };
}

/** Judges minutes, those nearest to the present first; returns what is owed. */
async function lookAtMinutes(
  db: Db,
  memory: LookMemory,
  found: Found,
  judged: Judged,
  learn: LearnThresholds,
): Promise<MinuteLook[]> {
  const { minutes, arrival } = found;
  const distance = (one: MinuteLook): number => Math.abs(arrival.to - one.minute - MINUTE_MS / 2);
  const fresh = minutes
    .map((minute): MinuteLook => ({ minute: minute * 1000, arrival }))
    .sort((a, b) => distance(a) - distance(b));
  const turns = [...fresh.splice(0, MOST_MINUTES / 2), ...memory.owedMinutes, ...fresh];
  // In order of time, as surprises build on one another.
  const now = turns.splice(0, MOST_MINUTES).sort((a, b) => a.minute - b.minute);
  const owed: MinuteLook[] = [];
  for (const turn of now) {
    const isFresh = found.isRecent && turn.arrival === arrival && turn.after === undefined;
    const standing = isFresh ? await standingIn(db, memory, found, turn.minute) : {};
    const rest = await judgeVolume(db, { ...turn, ...standing }, judged, learn);
    if (rest !== null) owed.push(rest);
  }
  return [...owed, ...turns];
}

/** Of more tokens than so many it is asked anew how minutes were answered. */
const MOST_REFUSED = 5_000;

/** Judges how the calls of minutes were answered, an hour of them at a time. */
async function lookAtOutcomes(
  db: Db,
  { minutes, callers, arrival, isRecent }: Found,
  judged: Judged,
  learn: LearnThresholds,
): Promise<void> {
  const hours = Map.groupBy(minutes, (minute) => Math.floor(minute / 3600));
  for (const some of hours.values()) {
    const refused = [...new Set(some.flatMap((minute) => callers.get(minute)?.refused ?? []))];
    // Whoever was refused in the same minute before was judged then.
    const tokens = isRecent && refused.length <= MOST_REFUSED ? refused : undefined;
    if (tokens?.length === 0) continue;
    const only = new Set(some.map((minute) => minute / 60));
    const { shard } = arrival;
    const range = { first: Math.min(...only), last: Math.max(...only), shard, tokens };
    await judgeOutcomes(db, range, judged, { only, learn });
  }
}

async function lookAtValues(
  db: Db,
  memory: LookMemory,
  values: readonly FreshValue[],
  judged: Judged,
  learn: LearnThresholds,
): Promise<string[]> {
  await judgeTravel(db, values, judged, learn);
  const { byHour, keys } = unjudged(memory.values, values);
  for (const [hour, list] of byHour) await judgeValues(db, hour, list, judged, learn);
  return keys;
}
