import type { DetectorConfig } from '../config/detector.ts';
import type { Db } from '../store/db.ts';
import { readServerClock } from '../store/detection/fresh.ts';
import { readHourRange, readTokenTotal } from '../store/detection/hours.ts';
import type { Succession } from '../store/detection/lineage.ts';
import { readSample } from '../store/detection/samples.ts';
import { readSurprises, writeSurprises } from '../store/detection/surprises.ts';
import type { SurpriseRow } from '../store/detection/surprises.ts';
import { readStageState, writeStageState } from '../store/stage-state.ts';
import { UNCALIBRATED, thresholdsFrom } from './calibration/calibration.ts';
import type { Calibration, Thresholds } from './calibration/calibration.ts';
import { readShareFactors, readSteer } from './feedback/precision.ts';
import { keepLateHeirs } from './training/late-heirs.ts';
import { trainedHour } from './training/step.ts';
import { RECORD_HOURS, noteNoise } from './calibration/noise.ts';
import type { Noise } from './calibration/noise.ts';
import type { DetectorSettings } from './parameters.ts';
import { judgingFrom, replay } from './replay/replay.ts';
import { HOUR_MS } from './volume/calendar.ts';

/** How far back profiles are learnt from, hours. */
const MEMORY = 42 * 24;
const CHUNK = 20_000;
/** A replay holds about 10 KB a token: of a larger installation some whole clients are replayed. */
const MOST_TOKENS = 50_000;

/**
 * Learns thresholds from the stored history: replays it up to an hour, keeps its surprises (they say
 * what each token is known for) and what they say of the whole installation.
 *
 * @param most tokens that are replayed at most; beyond, clients are sampled by the hash of their id
 * @returns null when it was aborted
 */
export async function calibrate(
  db: Db,
  hour: number,
  settings: DetectorConfig,
  signal?: AbortSignal,
  most = MOST_TOKENS,
): Promise<Calibration | null> {
  const stored = await readHourRange(db);
  if (stored === null) return UNCALIBRATED;
  const large = (await readTokenTotal(db)) > most;
  const sample = large ? await readSample(db, most) : undefined;
  // One client that is larger than a replay may be: the declared thresholds stay.
  if (sample === null) return UNCALIBRATED;
  const fromHour = Math.max(stored.firstHour, hour - MEMORY);
  const judgeFrom = judgingFrom(fromHour, hour);
  let calibration = UNCALIBRATED;
  let successions: readonly Succession[] = [];
  let waiting: SurpriseRow[] = [];
  const steps = replay({
    db,
    fromHour,
    toHour: hour + 1,
    judgeFrom,
    settings,
    ...(sample === undefined ? {} : { sample }),
  });
  for await (const step of steps) {
    if (signal?.aborted === true) return null;
    ({ calibration, successions } = step);
    // The present hour is judged live.
    if (step.hour < hour) waiting.push(...step.judged.surprises);
    if (waiting.length < CHUNK) continue;
    await writeSurprises(db, waiting);
    waiting = [];
  }
  await writeSurprises(db, waiting);
  const through = (await trainedHour(db)) ?? -Infinity;
  const past = successions.filter((one) => one.linkedHour <= through);
  await keepLateHeirs(db, past, await readServerClock(db));
  const before = (await readCalibration(db)).steer;
  const at = hour * HOUR_MS;
  const [tokens, shares] = await Promise.all([readTokenTotal(db), readShareFactors(db, at)]);
  const steer = await readSteer(db, at, { before, budget: settings.budget_per_day, tokens });
  calibration = { ...calibration, steer, shares };
  await writeStageState(db, 'detector', 'calibration', calibration);
  return calibration;
}

/** What was learnt last, by this process or another. */
export async function readCalibration(db: Db): Promise<Calibration> {
  const kept = await readStageState(db, 'detector', 'calibration');
  // Written by calibrate() alone.
  return kept === null ? UNCALIBRATED : (kept as Calibration);
}

/** Thresholds for some entities, with what they are known for, as of an hour. */
export async function thresholdsFor(
  db: Db,
  calibration: Calibration,
  { budget_per_day: budget, changed }: DetectorSettings,
  keys: readonly string[],
  hour: number,
): Promise<Thresholds> {
  const noise: Noise = new Map();
  if (keys.length > 0) {
    const range = { from: (hour - RECORD_HOURS) * HOUR_MS, to: hour * HOUR_MS };
    const past = await readSurprises(db, keys, range);
    noteNoise(
      noise,
      past.sort((a, b) => a.time - b.time),
    );
  }
  return thresholdsFrom(calibration, noise, budget, changed);
}
