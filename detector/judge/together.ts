import type { Db } from '../../store/db.ts';
import { readSurprises } from '../../store/detection/surprises.ts';
import type { SurpriseRow } from '../../store/detection/surprises.ts';
import { sideOf, strongestOf, togetherBits } from '../combination/signs.ts';
import type { Sign } from '../combination/signs.ts';
import type { Thresholds } from '../calibration/calibration.ts';
import type { Entity } from '../findings.ts';
import { DETECTIONS } from '../registry.ts';
import { HOUR_MS, MINUTE_MS, hourOf } from '../volume/calendar.ts';
import { FLOOR, noteSurprise } from './judged.ts';
import type { Judged, LearnThresholds } from './judged.ts';

/** Surprises of windows are stamped with the beginning of the minute that ends them. */
const OF_MINUTES = /^(volume_|denied$|not_found$|mix$)/;
/** A later sign is told only when it adds so much. */
const MORE = 1.3;

/** When a surprise was complete, epoch ms. */
function completeAt(row: SurpriseRow): number {
  return OF_MINUTES.test(row.dimension) ? row.time + MINUTE_MS - 1 : row.time;
}

function severalSides(rows: readonly SurpriseRow[]): boolean {
  return new Set(rows.map((row) => sideOf(row.dimension))).size > 1;
}

function signsOf(rows: readonly SurpriseRow[], thresholds: Thresholds): Sign[] {
  return rows
    .map((row) => ({
      dimension: row.dimension,
      value: row.value,
      time: completeAt(row),
      bits: row.bits,
      lnP: thresholds.lnP(row.dimension, row.key, hourOf(row.time), row.bits),
    }))
    .filter((sign) => sign.lnP < 0)
    .sort((a, b) => a.time - b.time);
}

/** Tokens' surprises that take part, by token. */
function byToken(rows: readonly SurpriseRow[]): Map<string, SurpriseRow[]> {
  const some = rows.filter((row) => row.entity === 'token' && sideOf(row.dimension) !== undefined);
  return Map.groupBy(some, (row) => row.key);
}

/**
 * Judges what came together: at each new surprise, the signs of the 60 minutes up to it.
 *
 * @param past surprises of the same tokens before, at least an hour of them
 * @param only tokens to judge, where not all
 */
export function judgeTogether(
  past: readonly SurpriseRow[],
  into: Judged,
  only?: ReadonlySet<string>,
): void {
  const { thresholds } = into;
  if (thresholds === undefined) return;
  const before = byToken(past);
  for (const [key, fresh] of byToken(into.surprises)) {
    if (only?.has(key) === false) continue;
    const rows = [...(before.get(key) ?? []), ...fresh];
    if (!severalSides(rows)) continue;
    const since = Math.min(...fresh.map(completeAt));
    const clientId = fresh[0]?.clientId ?? '';
    judgeToken({ key, clientId, since }, signsOf(rows, thresholds), into);
  }
}

function judgeToken(
  who: { key: string; clientId: string; since: number },
  signs: readonly Sign[],
  into: Judged,
): void {
  const { key, clientId, since } = who;
  const detection = DETECTIONS.sharingSeveralSigns;
  const entity: Entity = { kind: 'token', key, tokenHash: key, clientId };
  let most = 0;
  let told = 0;
  for (const { time } of signs) {
    if (time < since) continue;
    const window = signs.filter((one) => one.time <= time && one.time > time - HOUR_MS);
    const bits = togetherBits(strongestOf(window));
    if (bits < FLOOR || bits <= most) continue;
    most = bits;
    const baseline = noteSurprise(into, { key, clientId, dimension: 'together', time, bits });
    const noticed = detection.detect({ signs: window }, baseline, detection.parameters);
    if (noticed === null || bits < MORE * told) continue;
    told = bits;
    into.notices.push({ detection, entity, noticed, moment: hourOf(time), decidedAt: time });
  }
}

/** The same, with the past hour from the store. */
export async function judgeTogetherLive(
  db: Db,
  into: Judged,
  learn: LearnThresholds,
): Promise<void> {
  const fresh = byToken(into.surprises);
  if (fresh.size === 0) return;
  const untilOf = new Map(
    [...fresh].map(([key, rows]) => [key, Math.max(...rows.map((row) => row.time))]),
  );
  const keys = [...fresh.keys()];
  const times = [...fresh.values()].flatMap((rows) => rows.map((row) => row.time));
  const range = { from: Math.min(...times) - HOUR_MS, to: Math.max(...times) + 1 };
  // Each token up to its own last call: what others did beside it must not matter.
  const past = (await readSurprises(db, keys, range)).filter(
    (row) => row.time <= (untilOf.get(row.key) ?? 0),
  );
  const both = byToken([...past, ...into.surprises]);
  const several = keys.filter((key) => severalSides(both.get(key) ?? []));
  for (const [hour, some] of Map.groupBy(several, (key) => hourOf(untilOf.get(key) ?? 0))) {
    into.thresholds = await learn(some, hour);
    judgeTogether(past, into, new Set(some));
  }
}
