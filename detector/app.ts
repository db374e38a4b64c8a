import { WHOLE } from '../config/shard.ts';
import type { Shard } from '../config/shard.ts';
import type { Finding } from '../model/finding.ts';
import type { Db } from '../store/db.ts';
import { writeCatalogue } from '../store/detection/catalogue.ts';
import { hasBackdated, readNextArrival, readServerClock } from '../store/detection/fresh.ts';
import {
  readPreparedHour,
  readProgress,
  writePreparedHour,
  writeProgress,
} from '../store/detection/progress.ts';
import { readRaised, writeRaised } from '../store/detection/raised.ts';
import { writeSurprises } from '../store/detection/surprises.ts';
import type { WatchOnly } from '../store/detection/verdicts.ts';
import { writeFindings } from '../store/findings/findings.ts';
import { calibrate, readCalibration, thresholdsFor } from './calibrate.ts';
import { UNCALIBRATED } from './calibration/calibration.ts';
import type { Calibration } from './calibration/calibration.ts';
import type { Judged, LearnThresholds, OpenNotice } from './judge/judged.ts';
import { createLookMemory, look, owedLooks, settledUntil } from './look.ts';
import type { LookMemory } from './look.ts';
import { reviewDetections } from './feedback/precision.ts';
import { followFeedback } from './feedback/quieted.ts';
import type { Feedback } from './feedback/quieted.ts';
import { followExpectations } from './narrowing/expectations.ts';
import type { Expectations } from './narrowing/expectations.ts';
import { forgetRooms } from './narrowing/narrow.ts';
import type { DetectorSettings } from './parameters.ts';
import { CATALOGUE } from './registry.ts';
import { withoutNobodys } from './nobodys.ts';
import { toFinding, toldFrom, untold } from './raise.ts';
import { neighboursOf, noticeSilent } from './shards/neighbours.ts';
import type { Neighbour } from './shards/neighbours.ts';
import { placeOf } from './shards/place.ts';
import { prepareHours } from './train.ts';
import { hourOf } from './volume/calendar.ts';

/** The longest range of arrival that one tick looks at; after a pause several catch up, ms. */
const STRIDE_MS = 120_000;
const LEAST_STRIDE_MS = 1_000;
/** On a first start, how far back arrivals are judged, ms. */
const FIRST_LOOK_MS = 3_600_000;
/** History that arrives is learnt when it pauses for so long, or goes on for so much longer, ms. */
const CALM_MS = 3_000;
const PATIENCE_MS = 30_000;
/** Thresholds that another detector learnt are read so often, ms. */
const STALE_MS = 10_000;
/** And so often it is looked after the other detectors, ms. */
const NEIGHBOURS_MS = 30_000;

export interface DetectorOptions {
  db: Db;
  /** Epoch ms; stamps findings. Arrivals are followed by the server's own clock. */
  now: () => number;
  /** `detector:` of the configuration, with what people set; read anew at each look. */
  readonly settings: DetectorSettings;
  /** Which part of the tokens it judges; all by default. */
  shard?: Shard;
}

/** What one tick did. */
export interface TickResult {
  findings: Finding[];
  /** Until when arrivals have been looked at, server's clock, epoch ms. */
  cursor: number;
  /** How far that is behind the server's clock, ms. */
  behind: number;
  /** Looks that were too much for this tick and are owed to the next ones. */
  owed: number;
  /** The other detectors that share the tokens, and since when they look at nothing, server's clock. */
  neighbours: readonly Neighbour[];
  /** Looks that were given up since the start, because too many were owed. */
  givenUp: number;
}

/** The detector without a clock of its own: whoever holds it says when to look. */
export interface Detector {
  /** Writes the catalogue and finds the place where the last run ended. */
  start(): Promise<void>;
  /** Looks once at what arrived since the last time. */
  tick(): Promise<TickResult>;
  /** True when thresholds are to be learnt: a new day, or history was learnt since. */
  calibrationDue(): boolean;
  /**
   * Learns thresholds from the stored history; an aborted run changes nothing.
   *
   * @returns detections that verdicts demoted to watching only, or (without a reason) restored
   */
  calibrate(signal?: AbortSignal): Promise<readonly WatchOnly[]>;
  /**
   * Learns and writes expectations if they are due; returns known tokens, or null if not due. Of several
   * detectors the first one learns for all.
   */
  prepare(): Promise<number | null>;
  /** Whether what is expected of the present hour has been written, by this detector or by the first. */
  isPrepared(): Promise<boolean>;
}

/** What a detector keeps between two looks. */
interface Memory {
  look: LookMemory;
  expectations: Expectations;
  /** What people said of earlier findings. */
  feedback: (at: number) => Promise<Feedback>;
  /** How much arrival the next look takes at most, ms. */
  stride: number;
  /** Until when arrivals have been looked at, server's clock, epoch ms. */
  cursor: number;
  preparedHour: number;
  /** When history (calls too old to be judged) began to arrive and last did; 0 when learnt. */
  historySince: number;
  historyLast: number;
  calibration: Calibration;
  /** When thresholds were read, where another detector learns them. */
  calibrationRead: number;
  neighbours: readonly Neighbour[];
  /** Since when they are waited for, and when they were looked after; server's clock, 0: not yet. */
  waiting: number;
  lookedAfter: number;
  /** Thresholds were learnt on this day; −1 when they are to be learnt anew. */
  calibratedDay: number;
}

async function tell(db: Db, judged: Judged, feedback: Feedback, at: number): Promise<Finding[]> {
  if (judged.surprises.length > 0) await writeSurprises(db, judged.surprises);
  const heard = judged.notices.filter((one) => !feedback.isQuieted(one));
  const notices = await withoutNobodys(db, heard);
  if (notices.length === 0) return [];
  const keys = notices.map((one) => one.entity.key);
  const { raise, remember } = untold(notices, toldFrom(await readRaised(db, keys)));
  const findings: Finding[] = [];
  for (const notice of raise) findings.push(await toFinding(db, notice, at));
  await writeFindings(db, findings);
  await writeRaised(db, remember);
  return findings;
}

const isFirst = ({ shard = WHOLE }: DetectorOptions): boolean => shard.index === 1;

/** Takes up what the first of several detectors has learnt of thresholds. */
async function followCalibration(options: DetectorOptions, memory: Memory): Promise<void> {
  const at = options.now();
  if (isFirst(options) || Math.abs(at - memory.calibrationRead) < STALE_MS) return;
  memory.calibration = await readCalibration(options.db);
  memory.calibrationRead = at;
}

/** Looks after the other detectors now and then; what is to be said of those that look at nothing. */
async function lookAfter(
  { db, shard = WHOLE }: DetectorOptions,
  memory: Memory,
  clock: number,
): Promise<OpenNotice[]> {
  if (shard.count === 1 || clock - memory.lookedAfter < NEIGHBOURS_MS) return [];
  memory.lookedAfter = clock;
  // From its own first look on: before, all may have waited for the first one to learn.
  if (memory.waiting === 0) memory.waiting = clock;
  memory.neighbours = neighboursOf(shard, await readProgress(db), memory.waiting);
  return noticeSilent(shard, memory.neighbours, clock);
}

async function tick(options: DetectorOptions, memory: Memory): Promise<TickResult> {
  const { db, now, shard = WHOLE } = options;
  await followCalibration(options, memory);
  const clock = await readServerClock(db);
  if (clock - memory.cursor > STRIDE_MS) {
    // After a pause, or on a first start: time in which nothing arrived is passed over at once.
    const next = await readNextArrival(db, memory.cursor);
    memory.cursor = Math.max(memory.cursor, Math.min(next ?? clock, clock - LEAST_STRIDE_MS));
  }
  const to = Math.min(clock, memory.cursor + memory.stride);
  // Until it succeeds: what is too much at once is tried in smaller strides.
  memory.stride = Math.max(LEAST_STRIDE_MS, memory.stride / 2);
  const learn: LearnThresholds = async (keys, hour) =>
    thresholdsFor(db, memory.calibration, options.settings, keys, hour);
  const arrival = { from: memory.cursor, to: to + 1, shard };
  const feedback = await memory.feedback(now());
  await memory.expectations.follow(clock, memory.look);
  const [history, looked] = await Promise.all([
    hasBackdated(db, arrival),
    look(db, options.settings, memory.look, arrival, { learn, feedback, behind: clock - to }),
  ]);
  // Such calls are not looked at, but count in the day of those that will be.
  if (history) forgetRooms(memory.look.narrowing);
  if (history && isFirst(options)) {
    memory.historyLast = now();
    if (memory.historySince === 0) memory.historySince = memory.historyLast;
  }
  looked.judged.notices.push(...(await lookAfter(options, memory, clock)));
  const findings = await tell(db, looked.judged, feedback, now());
  // Only now: what failed before is looked at again.
  looked.done();
  memory.stride = Math.min(STRIDE_MS, memory.stride * 4);
  if (to > memory.cursor) {
    await writeProgress(db, shard, settledUntil(memory.look, to));
  }
  memory.cursor = to;
  const { look: kept, neighbours } = memory;
  const behind = Math.max(0, clock - to);
  return { findings, cursor: to, behind, owed: owedLooks(kept), givenUp: kept.givenUp, neighbours };
}

async function prepare(options: DetectorOptions, memory: Memory): Promise<number | null> {
  if (!isFirst(options)) return null;
  const { db, shard = WHOLE } = options;
  const at = options.now();
  const hour = hourOf(at);
  const pending = memory.historySince > 0;
  const calm = pending && at - memory.historyLast >= CALM_MS;
  const waited = pending && at - memory.historySince >= PATIENCE_MS;
  if (hour === memory.preparedHour && !calm && !waited) return null;
  memory.historySince = 0;
  const since = shard.count === 1 ? memory.cursor : await slowest(db, memory.cursor);
  const known = await prepareHours(db, hour, hourOf(since));
  memory.expectations.hasChanged();
  if (shard.count > 1) await writePreparedHour(db, hour);
  memory.preparedHour = hour;
  if (calm || waited) memory.calibratedDay = -1;
  return known;
}

/** Up to where everybody's calls have been looked at: others may be further behind than oneself. */
async function slowest(db: Db, own: number): Promise<number> {
  return Math.min(own, placeOf(WHOLE, await readProgress(db), own));
}

function beginMemory(db: Db): Memory {
  return {
    look: createLookMemory(),
    expectations: followExpectations(db),
    feedback: followFeedback(db),
    stride: STRIDE_MS,
    cursor: 0,
    preparedHour: -1,
    historySince: 0,
    historyLast: 0,
    calibration: UNCALIBRATED,
    calibrationRead: -Infinity,
    neighbours: [],
    waiting: 0,
    lookedAfter: 0,
    calibratedDay: -1,
  };
}

/** Builds a detector; it does nothing until it is asked to. */
export function createDetector(options: DetectorOptions): Detector {
  const { db, shard = WHOLE } = options;
  const memory = beginMemory(db);
  return {
    async start() {
      if (isFirst(options)) await writeCatalogue(db, CATALOGUE);
      const first = (await readServerClock(db)) - FIRST_LOOK_MS;
      memory.calibration = await readCalibration(db);
      memory.cursor = placeOf(shard, await readProgress(db), first);
    },
    tick: async () => tick(options, memory),
    prepare: async () => prepare(options, memory),
    isPrepared: async () =>
      isFirst(options)
        ? memory.preparedHour >= 0
        : (await readPreparedHour(db)) >= hourOf(options.now()) - 1,
    calibrationDue: () =>
      isFirst(options) &&
      memory.preparedHour >= 0 &&
      memory.calibratedDay !== Math.floor(hourOf(options.now()) / 24),
    async calibrate(signal) {
      const hour = hourOf(options.now());
      const day = Math.floor(hour / 24);
      memory.calibratedDay = day;
      try {
        const learnt = await calibrate(db, hour, options.settings, signal);
        if (learnt === null) return [];
        memory.calibration = learnt;
        return await reviewDetections(db, options.now(), CATALOGUE);
      } catch (error) {
        if (memory.calibratedDay === day) memory.calibratedDay = -1;
        throw error;
      }
    },
  };
}
