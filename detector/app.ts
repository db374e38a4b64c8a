import type { Finding } from '../model/finding.ts';
import type { Db } from '../store/db.ts';
import { writeCatalogue } from '../store/detection/catalogue.ts';
import {
  readBackdatedClients,
  readFreshMinutes,
  readFreshValues,
  readServerClock,
} from '../store/detection/fresh.ts';
import type { Arrival, FreshValue } from '../store/detection/fresh.ts';
import { readRaised, writeRaised } from '../store/detection/raised.ts';
import { writeSurprises } from '../store/detection/surprises.ts';
import { writeFindings } from '../store/findings/findings.ts';
import { readStageState, writeStageState } from '../store/stage-state.ts';
import { calibrate, readCalibration, thresholdsFor } from './calibrate.ts';
import { UNCALIBRATED } from './calibration/calibration.ts';
import type { Calibration } from './calibration/calibration.ts';
import type { Judged, LearnThresholds } from './judge/judged.ts';
import { judgeTravel } from './judge/travel.ts';
import { judgeValues } from './judge/values.ts';
import { judgeVolume } from './judge/volume.ts';
import { createRecentSet } from './recent.ts';
import type { RecentSet } from './recent.ts';
import type { DetectorSettings } from './parameters.ts';
import { CATALOGUE } from './registry.ts';
import { toFinding, toldFrom, untold } from './raise.ts';
import { prepareHours } from './train.ts';
import { hourOf } from './volume/calendar.ts';
import { lookAround } from './watch/look.ts';

/** A commit can come later than the arrival time that it stamps; so much is looked at again, ms. */
const OVERLAP_MS = 10_000;
/** The longest range of arrival that one tick looks at; after a pause several catch up, ms. */
const STRIDE_MS = 120_000;
/** On a first start, how far back arrivals are judged, ms. */
const FIRST_LOOK_MS = 3_600_000;
const MOST_VALUES = 20_000;
const MOST_MINUTES = 120;
const MOST_CLIENTS = 10_000;
/** History that arrives is learnt when it pauses for so long, or goes on for so much longer, ms. */
const CALM_MS = 3_000;
const PATIENCE_MS = 30_000;

export interface DetectorOptions {
  db: Db;
  /** Epoch ms; stamps findings. Arrivals are followed by the server's own clock. */
  now: () => number;
  /** `detector:` of the configuration, with what people set; read anew at each look. */
  readonly settings: DetectorSettings;
}

/** What one tick did. */
export interface TickResult {
  findings: Finding[];
  /** Until when arrivals have been looked at, server's clock, epoch ms. */
  cursor: number;
  /** How far that is behind the server's clock, ms. */
  behind: number;
}

/** The detector without a clock of its own: whoever holds it says when to look. */
export interface Detector {
  /** Writes the catalogue and finds the place where the last run ended. */
  start(): Promise<void>;
  /** Looks once at what arrived since the last time. */
  tick(): Promise<TickResult>;
  /** True when thresholds are to be learnt: a new day, or history was learnt since. */
  calibrationDue(): boolean;
  /** Learns thresholds from the stored history; an aborted run changes nothing. */
  calibrate(signal?: AbortSignal): Promise<void>;
  /** Learns and writes expectations if they are due; returns known tokens, or null if not due. */
  prepare(): Promise<number | null>;
}

/** What a detector keeps between two looks. */
interface Memory {
  /** Values looked at in their hour. */
  values: RecentSet;
  /** Until when arrivals have been looked at, server's clock, epoch ms. */
  cursor: number;
  preparedHour: number;
  /** When history (calls too old to be judged) began to arrive and last did; 0 when learnt. */
  historySince: number;
  historyLast: number;
  calibration: Calibration;
  /** Thresholds were learnt on this day; −1 when they are to be learnt anew. */
  calibratedDay: number;
}

/** Values not looked at yet, by hour of their call, and the keys to remember them by. */
function unjudged(
  memory: Memory,
  values: readonly FreshValue[],
): { byHour: Map<number, FreshValue[]>; keys: string[] } {
  const byHour = new Map<number, FreshValue[]>();
  const keys: string[] = [];
  for (const one of values) {
    const hour = hourOf(one.time);
    const key = `${one.tokenHash}|${one.dimension}|${one.value}|${String(hour)}`;
    if (memory.values.has(key)) continue;
    keys.push(key);
    const list = byHour.get(hour);
    if (list === undefined) byHour.set(hour, [one]);
    else list.push(one);
  }
  return { byHour, keys };
}

async function judge(
  options: DetectorOptions,
  memory: Memory,
  arrival: Arrival,
): Promise<Judged & { seen: string[] }> {
  const { db, settings } = options;
  const judged: Judged = { notices: [], surprises: [] };
  const learn: LearnThresholds = async (keys, hour) =>
    thresholdsFor(db, memory.calibration, settings, keys, hour);
  const [minutes, noticed] = await Promise.all([
    readFreshMinutes(db, arrival),
    lookAround(db, { by: 'arrival', ...arrival }, settings),
  ]);
  judged.notices.push(...noticed);
  if (minutes.length === 0) return { ...judged, seen: [] };
  const values = await readFreshValues(db, arrival, MOST_VALUES);
  for (const minute of minutes.slice(-MOST_MINUTES)) {
    await judgeVolume(db, minute * 1000, judged, learn);
  }
  await judgeTravel(db, values, judged, learn);
  const { byHour, keys } = unjudged(memory, values);
  for (const [hour, list] of byHour) await judgeValues(db, hour, list, judged, learn);
  return { ...judged, seen: keys };
}

async function tell(db: Db, judged: Judged, at: number): Promise<Finding[]> {
  if (judged.surprises.length > 0) await writeSurprises(db, judged.surprises);
  if (judged.notices.length === 0) return [];
  const keys = judged.notices.map((one) => one.entity.key);
  const { raise, remember } = untold(judged.notices, toldFrom(await readRaised(db, keys)));
  const findings: Finding[] = [];
  for (const notice of raise) findings.push(await toFinding(db, notice, at));
  await writeFindings(db, findings);
  await writeRaised(db, remember);
  return findings;
}

async function tick(options: DetectorOptions, memory: Memory): Promise<TickResult> {
  const { db, now } = options;
  const clock = await readServerClock(db);
  const to = Math.min(clock, memory.cursor + STRIDE_MS);
  const [history, judged] = await Promise.all([
    readBackdatedClients(db, { from: memory.cursor, to: to + 1 }, MOST_CLIENTS),
    judge(options, memory, { from: memory.cursor - OVERLAP_MS, to: to + 1 }),
  ]);
  if (history.length > 0) {
    memory.historyLast = now();
    if (memory.historySince === 0) memory.historySince = memory.historyLast;
  }
  const findings = await tell(db, judged, now());
  // Only now: what failed before is looked at again.
  for (const key of judged.seen) memory.values.add(key);
  if (to > memory.cursor) await writeStageState(db, 'detector', 'cursor', to);
  memory.cursor = to;
  return { findings, cursor: to, behind: Math.max(0, clock - to) };
}

async function prepare(options: DetectorOptions, memory: Memory): Promise<number | null> {
  const at = options.now();
  const hour = hourOf(at);
  const pending = memory.historySince > 0;
  const calm = pending && at - memory.historyLast >= CALM_MS;
  const waited = pending && at - memory.historySince >= PATIENCE_MS;
  if (hour === memory.preparedHour && !calm && !waited) return null;
  memory.historySince = 0;
  const known = await prepareHours(options.db, hour);
  memory.preparedHour = hour;
  if (calm || waited) memory.calibratedDay = -1;
  return known;
}

/** Builds a detector; it does nothing until it is asked to. */
export function createDetector(options: DetectorOptions): Detector {
  const { db } = options;
  const memory: Memory = {
    values: createRecentSet(400_000),
    cursor: 0,
    preparedHour: -1,
    historySince: 0,
    historyLast: 0,
    calibration: UNCALIBRATED,
    calibratedDay: -1,
  };
  return {
    async start() {
      await writeCatalogue(db, CATALOGUE);
      const kept = await readStageState(db, 'detector', 'cursor');
      const first = (await readServerClock(db)) - FIRST_LOOK_MS;
      memory.calibration = await readCalibration(db);
      memory.cursor = typeof kept === 'number' ? kept : first;
    },
    tick: async () => tick(options, memory),
    prepare: async () => prepare(options, memory),
    calibrationDue: () =>
      memory.preparedHour >= 0 && memory.calibratedDay !== Math.floor(hourOf(options.now()) / 24),
    async calibrate(signal) {
      const hour = hourOf(options.now());
      const day = Math.floor(hour / 24);
      memory.calibratedDay = day;
      try {
        const learnt = await calibrate(db, hour, options.settings, signal);
        if (learnt !== null) memory.calibration = learnt;
      } catch (error) {
        if (memory.calibratedDay === day) memory.calibratedDay = -1;
        throw error;
      }
    },
  };
}
