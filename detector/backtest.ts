import { detectorSchema } from '../config/detector.ts';
import type { Finding } from '../model/finding.ts';
import type { Db } from '../store/db.ts';
import { readNthCall } from '../store/detection/evidence.ts';
import { readHourRange } from '../store/detection/hours.ts';
import type { OpenNotice } from './judge/judged.ts';
import type { DetectorSettings } from './parameters.ts';
import { withoutNobodys } from './nobodys.ts';
import { onlyOf, toFinding, untold } from './raise.ts';
import type { Told } from './raise.ts';
import { judgingFrom, replay } from './replay/replay.ts';
import { hourOf, HOUR_MS, MINUTE_MS } from './volume/calendar.ts';

/** How far before the first judged moment calls are learnt from, hours. */
const MEMORY = 42 * 24;

export interface BacktestOptions {
  db: Db;
  /** Event time, epoch ms: findings are made of calls in [from, to). The whole store by default. */
  from?: number;
  to?: number;
  /** Ids of detections to run; all by default. */
  detections?: readonly string[];
  /** `detector:` of the configuration; what it says by default where absent. */
  settings?: DetectorSettings;
  /** Takes each finding as it is made, in order of time. */
  onFinding?: (finding: Finding) => void | Promise<void>;
  /** Told after each hour, how many of how many are done; what it throws ends the run. */
  onProgress?: (done: number, total: number) => void | Promise<void>;
}

/** What a backtest went through. */
export interface BacktestResult {
  findings: number;
  /** Event time that was judged, epoch ms, [from, to); null when the store has no calls. */
  range: { from: number; to: number } | null;
}

/**
 * Runs the detections over stored calls in event time, with the code that runs live, as if each
 * moment were now and nothing later were known. Changes nothing in the store.
 */
export async function backtest(options: BacktestOptions): Promise<BacktestResult> {
  const { db } = options;
  const stored = await readHourRange(db);
  if (stored === null) return { findings: 0, range: null };
  const from = Math.max(options.from ?? -Infinity, stored.firstHour * HOUR_MS);
  const to = Math.min(options.to ?? Infinity, (stored.lastHour + 1) * HOUR_MS);
  if (!(to > from)) return { findings: 0, range: { from, to: from } };
  const toHour = Math.ceil(to / HOUR_MS);
  const fromHour = Math.max(stored.firstHour, hourOf(from) - MEMORY);
  const judgeFrom = judgingFrom(fromHour, hourOf(from));
  const settings = options.settings ?? detectorSchema.parse({});
  const told: Told = new Map();
  let findings = 0;
  for await (const { hour, judged } of replay({ db, fromHour, toHour, judgeFrom, settings })) {
    const wanted = judged.notices.filter(
      (notice) => isWanted(options, notice) && momentOf(notice) >= from && momentOf(notice) < to,
    );
    for (const notice of untold(await withoutNobodys(db, wanted), told).raise) {
      const at = await decidedAt(db, notice, settings.tick_seconds);
      await options.onFinding?.(await toFinding(db, notice, at));
      findings += 1;
    }
    await options.onProgress?.(hour - fromHour + 1, toHour - fromHour);
  }
  return { findings, range: { from, to } };
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
