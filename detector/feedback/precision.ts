import type { Db } from '../../store/db.ts';
import {
  readIncidentCount,
  readVerdicts,
  readWatchOnly,
  writeWatchOnly,
} from '../../store/detection/verdicts.ts';
import type { IncidentCount, Verdicts, WatchOnly } from '../../store/detection/verdicts.ts';
import { steered } from '../calibration/calibration.ts';
import type { DetectionCard } from '../detection.ts';

const DAY_MS = 86_400_000;
/** Verdicts count for so long. */
const VERDICTS_MS = 90 * DAY_MS;
/** A detection of which people confirm less than this, once they judged so many, is watched only. */
const FLOOR = 0.15;
const FEWEST = 10;
/** The budget is compared with what came in so many days, once so many incidents were judged. */
const STEER_DAYS = 7;
const FEWEST_JUDGED = 10;

/** Share of true ones among what people judged, pulled towards a half: (TP + 2)/(TP + FP + 4). */
export function precisionOf({
  confirmed,
  refuted,
}: Pick<Verdicts, 'confirmed' | 'refuted'>): number {
  return (confirmed + 2) / (confirmed + refuted + 4);
}

/** The factor on a detection's share of the budget: twice its precision, from 1/4 to 2. */
export function shareFactor(verdicts: Pick<Verdicts, 'confirmed' | 'refuted'>): number {
  return Math.min(2, Math.max(0.25, 2 * precisionOf(verdicts)));
}

/** Factors by detection, from the verdicts of the last 90 days. */
export async function readShareFactors(db: Db, at: number): Promise<Record<string, number>> {
  const verdicts = await readVerdicts(db, at - VERDICTS_MS);
  return Object.fromEntries(verdicts.map((one) => [one.detection, shareFactor(one)]));
}

/** Why a detection is to be watched only, or an empty string. */
export function demotionOf(verdicts: Pick<Verdicts, 'confirmed' | 'refuted'>): string {
  const { confirmed, refuted } = verdicts;
  if (confirmed + refuted < FEWEST || precisionOf(verdicts) >= FLOOR) return '';
  return (
    `${String(refuted)} of ${String(confirmed + refuted)} incidents with it were false positives in ` +
    `90 days; below ${String(100 * FLOOR)}% precision its findings open no incident`
  );
}

/**
 * Compares verdicts with the floor and keeps what changed: who is watched only from now on (with the
 * reason), and who alarms again (without one). Detections of certain facts are never demoted.
 */
export async function reviewDetections(
  db: Db,
  at: number,
  catalogue: readonly DetectionCard[],
): Promise<WatchOnly[]> {
  const [verdicts, kept] = await Promise.all([
    readVerdicts(db, at - VERDICTS_MS),
    readWatchOnly(db),
  ]);
  const learnt = new Set(
    catalogue.filter((one) => one.parameters['bits'] !== undefined).map((one) => one.id),
  );
  const reasons = new Map(
    verdicts
      .filter((one) => learnt.has(one.detection))
      .map((one) => [one.detection, demotionOf(one)]),
  );
  const before = new Set(kept.map((one) => one.detection));
  const changed: WatchOnly[] = [];
  for (const [detection, reason] of reasons) {
    if (reason !== '' && !before.has(detection)) changed.push({ detection, since: at, reason });
  }
  for (const { detection } of kept) {
    if ((reasons.get(detection) ?? '') === '') changed.push({ detection, since: at, reason: '' });
  }
  if (changed.length > 0) await writeWatchOnly(db, changed);
  return changed;
}

/**
 * The day's factor on the alarm level: a seventh of the way from the false incidents that came in a
 * week to those that the budget grants. How many were false is told by the verdicts; with fewer than
 * ten nothing is known of it, and the level stays.
 *
 * @param before the factor so far
 * @param budget false incidents a day for each 10,000 tokens
 */
export function steerFrom(
  before: number,
  budget: number,
  { opened, confirmed, refuted }: IncidentCount,
  tokens: number,
): number {
  if (confirmed + refuted < FEWEST_JUDGED || tokens <= 0) return before;
  const share = refuted / (confirmed + refuted);
  const daily = ((opened * share) / STEER_DAYS / tokens) * 10_000;
  const whole = steered(before, budget, daily);
  return before * Math.pow(whole / before, 1 / STEER_DAYS);
}

/** {@link steerFrom} with the incidents of the last week. */
export async function readSteer(
  db: Db,
  at: number,
  { before, budget, tokens }: { before: number; budget: number; tokens: number },
): Promise<number> {
  return steerFrom(before, budget, await readIncidentCount(db, at - STEER_DAYS * DAY_MS), tokens);
}
