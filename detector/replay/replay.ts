import type { Db } from '../../store/db.ts';
import {
  readAllMismatches,
  readHourValues,
  readMinutes,
  readValueContext,
} from '../../store/detection/replay.ts';
import type { Mismatch } from '../../store/detection/fresh.ts';
import { readCountryHours, readTrails } from '../../store/detection/values.ts';
import type { SurpriseRow } from '../../store/detection/surprises.ts';
import { impossibleSwitches } from '../geography/travel.ts';
import { judgeEnvironments } from '../judge/environment.ts';
import type { Judged } from '../judge/judged.ts';
import { judgeSwitches, stopsOf } from '../judge/travel.ts';
import { detectValue, surpriseOf } from '../judge/values.ts';
import type { Candidate } from '../judge/values.ts';
import { noveltyBits } from '../values/novelty.ts';
import { createVolumeBook } from '../volume/book.ts';
import type { Trains } from '../volume/book.ts';
import { HOUR_MS } from '../volume/calendar.ts';
import { beginValues, replayValues } from './values.ts';
import type { ValueBook } from './values.ts';
import { beginVolume, replayVolume } from './volume.ts';
import type { VolumeReplay } from './volume.ts';

/** Hours that are read at once. */
const STRIDE = 12;
const DAY_MS = 24 * HOUR_MS;
/** Of a token's impossible switches within an hour, so many are judged one by one. */
const MOST_SWITCHES = 50;

export interface ReplayOptions {
  db: Db;
  /** Hours since the epoch, [fromHour, toHour). */
  fromHour: number;
  toHour: number;
  /** From this hour on calls are judged; before it they only train. */
  judgeFrom: number;
  trains?: Trains;
}

/** One hour of a replay. */
export interface ReplayedHour {
  hour: number;
  judged: Judged;
}

interface Replay {
  db: Db;
  volume: VolumeReplay;
  values: ValueBook;
  mismatches: Mismatch[];
  /** Surprises of the last day, for what is held against a token so long. */
  recent: SurpriseRow[];
}

/**
 * Replays stored calls hour by hour in event time, with the judges that run live, as if nothing
 * later were known. Holds the profiles of all tokens seen in memory (about 10 KB each).
 */
export async function* replay(options: ReplayOptions): AsyncGenerator<ReplayedHour> {
  const { db, fromHour, toHour, judgeFrom } = options;
  const state: Replay = {
    db,
    volume: beginVolume(createVolumeBook(options.trains)),
    values: beginValues(),
    mismatches: await readAllMismatches(db, { fromHour: judgeFrom, toHour }),
    recent: [],
  };
  for (let start = fromHour; start < toHour; start += STRIDE) {
    const range = { fromHour: start, toHour: Math.min(toHour, start + STRIDE) };
    const [minutes, values] = await Promise.all([
      readMinutes(db, range).then((rows) => Map.groupBy(rows, (row) => row.hour)),
      readHourValues(db, range).then((rows) => Map.groupBy(rows, (row) => row.hour)),
    ]);
    for (let hour = range.fromHour; hour < range.toHour; hour += 1) {
      const judging = hour >= judgeFrom;
      const judged = replayVolume(state.volume, hour, minutes.get(hour) ?? [], judging);
      const look = replayValues(state.values, hour, values.get(hour) ?? [], judging);
      if (judging) {
        judgeMismatches(state, hour, judged);
        await judgeTravellers(state, hour, look.travellers, judged);
        await judgeCandidates(state, hour, look.candidates, judged);
      }
      yield { hour, judged };
    }
  }
}

function judgeMismatches(state: Replay, hour: number, into: Judged): void {
  while ((state.mismatches[0]?.time ?? Infinity) < (hour + 1) * HOUR_MS) {
    const next = state.mismatches.shift();
    if (next !== undefined) judgeEnvironments([next], into);
  }
}

async function judgeTravellers(
  state: Replay,
  hour: number,
  travellers: ReadonlyMap<string, string>,
  into: Judged,
): Promise<void> {
  if (travellers.size === 0) return;
  const tokens = [...travellers.keys()];
  const range = { from: (hour - 1) * HOUR_MS, to: (hour + 1) * HOUR_MS };
  const [trails, records] = await Promise.all([
    readTrails(state.db, range, tokens),
    readCountryHours(state.db, hour, tokens),
  ]);
  const recordOf = new Map(records.map((record) => [record.tokenHash, record]));
  for (const trail of trails) {
    const stops = stopsOf(trail);
    const ends = impossibleSwitches(stops)
      .map((one) => one.arrived)
      .filter((time) => time >= hour * HOUR_MS);
    const record = recordOf.get(trail.tokenHash);
    const clientId = travellers.get(trail.tokenHash) ?? '';
    for (const end of ends.slice(0, MOST_SWITCHES)) {
      const within = stops.filter((stop) => stop.time <= end && stop.time > end - HOUR_MS);
      judgeSwitches(trail, clientId, impossibleSwitches(within), record, into);
    }
  }
}

async function judgeCandidates(
  state: Replay,
  hour: number,
  candidates: readonly Candidate[],
  into: Judged,
): Promise<void> {
  const since = hour * HOUR_MS - DAY_MS;
  state.recent = state.recent.filter((one) => one.time >= since);
  const asked = candidates.filter((one) => ASKS.has(one.fresh.dimension));
  const context =
    asked.length === 0
      ? []
      : await readValueContext(
          state.db,
          hour,
          asked.map((one) => one.fresh.tokenHash),
        );
  const told = new Map(
    context.map((one) => [`${one.tokenHash}\0${one.dimension}\0${one.value}`, one]),
  );
  for (const { fresh, baseline } of candidates) {
    const more = told.get(`${fresh.tokenHash}\0${fresh.dimension}\0${fresh.value}`);
    fresh.granted = more?.granted ?? [];
    fresh.networkKind = more?.networkKind ?? 'unknown';
    into.surprises.push(surpriseOf(fresh, noveltyBits(fresh.dimension, fresh.value, baseline)));
  }
  const geographic = into.surprises.filter((one) => HELD.has(one.dimension));
  state.recent.push(...geographic);
  const byToken = Map.groupBy(state.recent, (one) => one.key);
  for (const candidate of candidates) {
    detectValue(candidate, byToken.get(candidate.fresh.tokenHash) ?? [], into);
  }
}

/** Dimensions whose judgement asks what else the calls said, and those that are held for a day. */
const ASKS: ReadonlySet<string> = new Set(['scope', 'country', 'asn']);
const HELD: ReadonlySet<string> = new Set(['network_kind', 'travel']);
