import { isUpkeep } from '../../model/upkeep.ts';
import type { Ancestry } from '../../store/detection/ancestry.ts';
import type { Succession } from '../../store/detection/lineage.ts';
import type { Db } from '../../store/db.ts';
import { readValueContext } from '../../store/detection/replay.ts';
import type { MinutesRow } from '../../store/detection/replay.ts';
import type { Sample } from '../../store/detection/samples.ts';
import { readCountryHours } from '../../store/detection/country-hours.ts';
import { readTrails } from '../../store/detection/values.ts';
import type { SurpriseRow } from '../../store/detection/surprises.ts';
import { UNCALIBRATED, closeHour, createPool, thresholdsFrom } from '../calibration/calibration.ts';
import type { Calibration, Pool, Thresholds } from '../calibration/calibration.ts';
import type { Noise } from '../calibration/noise.ts';
import type { Judged, OpenNotice } from '../judge/judged.ts';
import { judgeDrips } from '../judge/drip.ts';
import { judgeOutcomes } from '../judge/outcomes.ts';
import { judgeStandingOut } from '../judge/standing-out.ts';
import { judgeTogether } from '../judge/together.ts';
import { isImpossible, judgeTrail } from '../judge/travel.ts';
import { detectValue, surpriseOf } from '../judge/values.ts';
import type { Candidate } from '../judge/values.ts';
import type { DetectorSettings } from '../parameters.ts';
import { TRAINING_LAG } from '../train.ts';
import { noveltyBits } from '../values/novelty.ts';
import type { BookOptions, Trains } from '../volume/book.ts';
import { HOUR_MS, hourOf } from '../volume/calendar.ts';
import { MANY_TOKENS, readRows } from './rows.ts';
import { Successions } from './successions.ts';
import { beginValues, noteShares, replayValues } from './values.ts';
import type { ValueBook } from './values.ts';
import { beginVolume, replayVolume } from './volume.ts';
import type { VolumeReplay } from './volume.ts';
import { Watched } from './watched.ts';

/** Hours that are looked around in at once. */
const STRIDE = 12;
const DAY_MS = 24 * HOUR_MS;

export interface ReplayOptions {
  db: Db;
  /** Hours since the epoch, [fromHour, toHour). */
  fromHour: number;
  toHour: number;
  /** From this hour on calls are judged; before it they only train. */
  judgeFrom: number;
  /** `detector:` of the configuration, with what people set. */
  settings: DetectorSettings;
  /** Only these clients, and, where they are no slice, nothing that needs no baseline. */
  sample?: Sample;
  /** What a replay of some clients is told of the others. */
  slice?: Slice;
}

/** Of a replay that is one of several, each of other clients. */
export interface Slice {
  /** What the average client of all did in an hour; see {@link BookOptions}. */
  crowd: NonNullable<BookOptions['crowd']>;
  /** What was learnt of thresholds by the beginning of a day (days since the epoch). */
  calibrations: ReadonlyMap<number, Calibration>;
  watched: Watched;
}

/** How long before the first judged moment surprises are pooled, hours. */
export const POOLED_HOURS = 14 * 24;
/** Of a store's first hours nothing is judged: there is nothing to compare with. */
const FIRST_HOURS = 72;

/**
 * The first hour to judge in a replay, for thresholds to be learnt by the hour that matters.
 *
 * @param firstHour the first hour of which there are calls
 */
export function judgingFrom(firstHour: number, hour: number): number {
  return Math.min(hour, Math.max(firstHour + FIRST_HOURS, hour - POOLED_HOURS));
}

/** One hour of a replay. */
export interface ReplayedHour {
  hour: number;
  judged: Judged;
  /** What was learnt of thresholds up to the beginning of the hour's day. */
  calibration: Calibration;
  /** Who took over from whom so far. */
  successions: readonly Succession[];
}

interface Replay {
  db: Db;
  volume: VolumeReplay;
  values: ValueBook;
  successions: Successions;
  trains: Trains;
  watches: Watched;
  /** What they noticed, by hour. */
  watched: Map<number, OpenNotice[]>;
  /** Surprises of the last day, for what is held against a token so long. */
  recent: SurpriseRow[];
  /** What refused and missing calls of hours to come were judged as, by hour; until which hour. */
  answers: { until: number; byHour: Map<number, Judged> };
  /** All surprises of the hour before. */
  before: SurpriseRow[];
  noise: Noise;
  pool: Pool;
  calibration: Calibration;
  thresholds: Thresholds;
  /** Until which hour an entity counts as under an incident. */
  troubled: Map<string, number>;
}

/** An incident is over when nothing was noticed for so long, hours. */
const QUIET_HOURS = 6;

function begin(options: ReplayOptions): Replay {
  const { budget_per_day: budget, changed } = options.settings;
  const noise: Noise = new Map();
  const troubled = new Map<string, number>();
  // Hours under an incident train nothing; they are learnt three hours later, when it is known.
  const trains: Trains = (key, hour) => !((troubled.get(key) ?? -1) >= hour);
  const successions = new Successions();
  return {
    ...{ db: options.db, troubled, trains, successions },
    volume: beginVolume({
      ...{ trains, heirs: (hour) => successions.heirsAt(hour) },
      ...(options.slice === undefined ? {} : { crowd: options.slice.crowd }),
    }),
    values: beginValues(),
    watches: options.slice?.watched ?? new Watched(),
    watched: new Map(),
    recent: [],
    answers: { until: -1, byHour: new Map() },
    before: [],
    noise,
    pool: createPool(noise),
    calibration: UNCALIBRATED,
    thresholds: thresholdsFrom(UNCALIBRATED, noise, budget, changed),
  };
}

/**
 * Replays stored calls hour by hour in event time, with the judges that run live, as if nothing
 * later were known. Holds the profiles of all tokens seen in memory (about 10 KB each).
 */
export async function* replay(options: ReplayOptions): AsyncGenerator<ReplayedHour> {
  const { db, fromHour, toHour, judgeFrom } = options;
  const state = begin(options);
  for (let start = fromHour; start < toHour; start += STRIDE) {
    const range = { fromHour: start, toHour: Math.min(toHour, start + STRIDE) };
    if (options.sample === undefined || options.slice !== undefined)
      await watch(state, options, range);
    const known = (): number => state.volume.book.size;
    for await (const { hour, minutes, values } of readRows(db, range, options.sample, known)) {
      if (hour % 24 === 0) recalibrate(state, hour, options);
      const judged = beginHour(state);
      const judging = hour >= judgeFrom;
      await follow(state, hour, minutes);
      replayVolume(state.volume, hour, minutes, judging ? judged : null);
      if (judging) await noteShares(db, state.values, hour);
      const look = replayValues(state.values, hour, values, judging);
      if (judging) {
        judged.notices.push(...(state.watched.get(hour) ?? []));
        await judgeStandingOut(db, judged);
        await judgeTravellers(state, hour, look.travellers, judged);
        await judgeAnswers(state, hour, { until: range.toHour, sample: options.sample }, judged);
        await judgeCandidates(state, hour, look.candidates, judged);
        judgeTogether(state.before, judged);
        await judgeDrips(db, state.volume.drips, hour * HOUR_MS, judged);
        state.before = judged.surprises;
        close(state, hour, judged);
      }
      const { calibration, successions } = state;
      yield { hour, judged, calibration, successions: successions.all };
    }
  }
}

function beginHour({ thresholds, successions }: Replay): Judged {
  const ancestry = (hour: number): Ancestry => successions.before(hour);
  return { notices: [], surprises: [], thresholds, ancestry };
}

/** Finds out who took over from whom by the hour that is to be learnt next. */
async function follow(state: Replay, hour: number, rows: readonly MinutesRow[]): Promise<void> {
  const { successions, values, volume, trains, db } = state;
  await successions.link(hour - TRAINING_LAG, { db, values, volume: volume.book, trains });
  values.ancestry = successions.before(hour);
  successions.note(hour, rows);
}

/** Notes who is in trouble, and lets the hour of everybody else count for what is usual. */
function close(state: Replay, hour: number, judged: Judged): void {
  const { troubled, volume } = state;
  for (const { entity, detection } of judged.notices) {
    // That a token is about to expire says nothing of its calls.
    if (!isUpkeep(detection.id)) troubled.set(entity.key, hour + QUIET_HOURS);
  }
  const calm = judged.surprises.filter((one) => !((troubled.get(one.key) ?? -1) >= hour));
  const known = { tokens: volume.book.size, clients: volume.clients.size };
  closeHour(state.pool, state.noise, hour, calm, known);
}

/** Each day what the days before say of thresholds. */
function recalibrate(state: Replay, hour: number, { settings, slice }: ReplayOptions): void {
  const { budget_per_day: budget, changed } = settings;
  state.calibration =
    slice === undefined
      ? { ...state.calibration, tails: state.pool.tails(hour) }
      : (slice.calibrations.get(Math.floor(hour / 24)) ?? state.calibration);
  state.thresholds = thresholdsFrom(state.calibration, state.noise, budget, changed);
}

/** Lets the watches look at some hours, those to be judged. */
async function watch(
  state: Replay,
  { settings, judgeFrom, sample }: ReplayOptions,
  range: { fromHour: number; toHour: number },
): Promise<void> {
  const from = Math.max(range.fromHour, judgeFrom) * HOUR_MS;
  const to = range.toHour * HOUR_MS;
  if (from >= to) return;
  const notices = await state.watches.between(state.db, { from, to }, settings, sample);
  state.watched = Map.groupBy(notices, (one) => hourOf(one.decidedAt ?? one.noticed.windowStart));
}

/**
 * Judges how calls were answered: of several hours at once, up to midnight, since each question takes
 * its time (beyond {@link MANY_TOKENS} an hour at a time). Thresholds do not change in between: a
 * record leaves out the last 12 hours.
 */
async function judgeAnswers(
  state: Replay,
  hour: number,
  { until, sample }: { until: number; sample: Sample | undefined },
  into: Judged,
): Promise<void> {
  const { answers, db } = state;
  if (hour >= answers.until) {
    const midnight = (Math.floor(hour / 24) + 1) * 24;
    const many = state.volume.book.size > MANY_TOKENS;
    answers.until = many ? hour + 1 : Math.min(until, midnight);
    const range = { first: hour * 60, last: answers.until * 60 - 1, sample };
    const whole = beginHour(state);
    await judgeOutcomes(db, range, whole);
    answers.byHour = new Map();
    const of = (at: number): Judged => {
      const known = answers.byHour.get(at) ?? { notices: [], surprises: [] };
      answers.byHour.set(at, known);
      return known;
    };
    for (const one of whole.surprises) of(hourOf(one.time)).surprises.push(one);
    for (const one of whole.notices) of(hourOf(one.noticed.windowEnd - 1)).notices.push(one);
  }
  const found = answers.byHour.get(hour);
  into.surprises.push(...(found?.surprises ?? []));
  into.notices.push(...(found?.notices ?? []));
}

async function judgeTravellers(
  state: Replay,
  hour: number,
  travellers: ReadonlyMap<string, string>,
  into: Judged,
): Promise<void> {
  if (travellers.size === 0) return;
  const range = { from: (hour - 1) * HOUR_MS, to: (hour + 1) * HOUR_MS };
  const asked = [...travellers.keys()].map((tokenHash) => ({ tokenHash, ...range }));
  const trails = (await readTrails(state.db, asked)).filter(isImpossible);
  if (trails.length === 0) return;
  const hashes = trails.map((trail) => trail.tokenHash);
  const records = await readCountryHours(state.db, hour, hashes);
  const recordOf = new Map(records.map((record) => [record.tokenHash, record]));
  for (const trail of trails) {
    const clientId = travellers.get(trail.tokenHash) ?? '';
    judgeTrail(trail, clientId, recordOf.get(trail.tokenHash), hour * HOUR_MS, into);
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
