import { detectorSchema } from '../config/detector.ts';
import type { Finding } from '../model/finding.ts';
import type { Db } from '../store/db.ts';
import { readNthCall } from '../store/detection/evidence.ts';
import { readHourRange, readTokenTotal } from '../store/detection/hours.ts';
import { readSample, readSlices } from '../store/detection/samples.ts';
import type { Calibration } from './calibration/calibration.ts';
import type { OpenNotice } from './judge/judged.ts';
import type { DetectorSettings } from './parameters.ts';
import { withoutNobodys } from './nobodys.ts';
import { onlyOf, toFinding, untold } from './raise.ts';
import type { Told } from './raise.ts';
import { judgingFrom, replay } from './replay/replay.ts';
import type { ReplayOptions, Slice } from './replay/replay.ts';
import { FindingSpool } from './replay/spool.ts';
import { Watched } from './replay/watched.ts';
import { crowdOf } from './training/crowd.ts';
import { hourOf, HOUR_MS, MINUTE_MS } from './volume/calendar.ts';

/** How far before the first judged moment calls are learnt from, hours. */
const MEMORY = 42 * 24;
/** A replay holds about 10 KB a token: more are replayed in slices of whole clients, one after the other. */
const MOST = { tokens: 50_000, sample: 50_000 };
/** What watches noticed is kept for the next slices, so many notices of it. */
const MOST_WATCHED = 50_000;

export interface BacktestOptions {
  db: Db;
  /** Event time, epoch ms: findings are made of calls in [from, to). The whole store by default. */
  from?: number;
  to?: number;
  /** Ids of detections to run; all by default. */
  detections?: readonly string[];
  /** `detector:` of the configuration; what it says by default where absent. */
  settings?: DetectorSettings;
  /**
   * Tokens that are held in memory at once at most, as far as no single client has more; and of the
   * sample that thresholds are learnt from where not all are.
   */
  most?: { tokens: number; sample: number };
  /** Takes each finding, in order of time: as it is made, or at the end where there are several slices. */
  onFinding?: (finding: Finding) => void | Promise<void>;
  /** Told after each hour of each slice, how many of how many are done; what it throws ends the run. */
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

/** What a backtest went through. */
export interface BacktestResult {
  findings: number;
  /** Event time that was judged; null when there are no calls in it. */
  range: Range | null;
  /** From the first hour with calls to the last; null when the store has none. */
  stored: Range | null;
}

/** Event time, epoch ms, [from, to). */
export interface Range {
  from: number;
  to: number;
}

/**
 * Runs the detections over stored calls in event time, with the code that runs live, as if each
 * moment were now and nothing later were known. Changes nothing in the store. Where there are more
 * tokens than are held at once, thresholds are learnt from a sample of whole clients, as they are live,
 * and clients are replayed in slices.
 */
export async function backtest(options: BacktestOptions): Promise<BacktestResult> {
  const { db } = options;
  const hours = await readHourRange(db);
  if (hours === null) return { findings: 0, range: null, stored: null };
  const stored = { from: hours.firstHour * HOUR_MS, to: (hours.lastHour + 1) * HOUR_MS };
  const from = Math.max(options.from ?? -Infinity, stored.from);
  const to = Math.min(options.to ?? Infinity, stored.to);
  if (!(to > from)) return { findings: 0, range: null, stored };
  const range = { from, to };
  const fromHour = Math.max(hours.firstHour, hourOf(from) - MEMORY);
  const run: ReplayOptions = {
    ...{ db, fromHour, toHour: Math.ceil(to / HOUR_MS) },
    judgeFrom: judgingFrom(fromHour, hourOf(from)),
    settings: options.settings ?? detectorSchema.parse({}),
  };
  const many = (await readTokenTotal(db)) > (options.most ?? MOST).tokens;
  const findings = await (many ? inSlices : atOnce)(options, run, range);
  return { findings, range, stored };
}

async function atOnce(options: BacktestOptions, run: ReplayOptions, range: Range): Promise<number> {
  let findings = 0;
  const progress = progressOf(options, run, 1);
  for await (const { finding } of findingsOf(options, run, range, progress)) {
    await options.onFinding?.(finding);
    findings += 1;
  }
  return findings;
}

async function inSlices(
  options: BacktestOptions,
  run: ReplayOptions,
  range: Range,
): Promise<number> {
  const { db } = run;
  const most = options.most ?? MOST;
  const samples = await readSlices(db, most.tokens);
  const progress = progressOf(options, run, samples.length + 1);
  const slice: Slice = {
    crowd: await crowdOf(db, run.fromHour, run.toHour),
    calibrations: await calibrationsOf(run, most.sample, progress),
    watched: new Watched(MOST_WATCHED),
  };
  const spool = await FindingSpool.open();
  let findings = 0;
  try {
    for (const sample of samples) {
      await spool.next();
      const some = findingsOf(options, { ...run, sample, slice }, range, progress);
      for await (const { hour, finding } of some) await spool.add(hour, finding);
    }
    for await (const finding of spool.inOrder()) {
      await options.onFinding?.(finding);
      findings += 1;
    }
  } finally {
    await spool.close();
  }
  return findings;
}

/** Counts the hours of several replays. */
function progressOf(
  options: BacktestOptions,
  { fromHour, toHour }: ReplayOptions,
  replays: number,
): () => Promise<void> {
  let done = 0;
  return async () => options.onProgress?.((done += 1), replays * (toHour - fromHour));
}

/** What a sample of clients says of thresholds, by day; nothing where every client is too large. */
async function calibrationsOf(
  run: ReplayOptions,
  most: number,
  progress: () => Promise<void>,
): Promise<Map<number, Calibration>> {
  const calibrations = new Map<number, Calibration>();
  const sample = await readSample(run.db, most);
  if (sample === null) return calibrations;
  for await (const { hour, calibration } of replay({ ...run, sample })) {
    calibrations.set(Math.floor(hour / 24), calibration);
    await progress();
  }
  return calibrations;
}

/** The findings of one replay, with the hour that each was made in. */
async function* findingsOf(
  options: BacktestOptions,
  run: ReplayOptions,
  { from, to }: Range,
  progress: () => Promise<void>,
): AsyncGenerator<{ hour: number; finding: Finding }> {
  const { db, settings } = run;
  const told: Told = new Map();
  for await (const { hour, judged } of replay(run)) {
    const wanted = judged.notices.filter(
      (notice) => isWanted(options, notice) && momentOf(notice) >= from && momentOf(notice) < to,
    );
    for (const notice of untold(await withoutNobodys(db, wanted), told).raise) {
      const at = await decidedAt(db, notice, settings.tick_seconds);
      yield { hour, finding: await toFinding(db, notice, at) };
    }
    await progress();
  }
}

function isWanted(options: BacktestOptions, notice: OpenNotice): boolean {
  return options.detections === undefined || options.detections.includes(notice.detection.id);
}

/** The moment in event time that a notice belongs to. */
function momentOf(notice: OpenNotice): number {
  const { noticed, decidedAt: decided } = notice;
  if (decided !== undefined) return decided;
  return typeof notice.moment === 'number' && notice.crossing !== undefined
    ? noticed.windowEnd - 1
    : noticed.windowStart;
}

/** When a live detector would have decided: the first tick after the call that tipped the scales. */
async function decidedAt(db: Db, notice: OpenNotice, tickSeconds: number): Promise<number> {
  const tick = tickSeconds * 1000;
  let at = notice.decidedAt ?? notice.noticed.windowStart;
  if (notice.crossing !== undefined) {
    const end = notice.noticed.windowEnd;
    const query = {
      entity: notice.entity.kind,
      tokenHash: notice.entity.tokenHash,
      clientId: notice.entity.clientId,
      from: end - MINUTE_MS,
      to: end,
      ...(notice.statuses === undefined ? {} : { statuses: notice.statuses }),
      ...onlyOf(notice),
    };
    at = await readNthCall(db, query, notice.crossing());
  }
  return (Math.floor(at / tick) + 1) * tick;
}

/** A finding as the line of the contract (DESIGN.md, Backtest). */
export function findingLine(finding: Finding): string {
  return JSON.stringify({
    time: new Date(finding.detectedAt).toISOString(),
    detection: finding.detection,
    severity: finding.severity,
    score: finding.score,
    token_hash: finding.tokenHash,
    client: finding.clientId,
    window_start: new Date(finding.windowStart).toISOString(),
    window_end: new Date(finding.windowEnd).toISOString(),
    explanation: finding.explanation,
    evidence: finding.evidence,
  });
}
