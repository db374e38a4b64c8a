import type { Db } from '../../store/db.ts';
import { readDrips } from '../../store/detection/drips.ts';
import type { Drip } from '../../store/detection/drips.ts';
import type { Arrival } from '../../store/detection/fresh.ts';
import { readMixPasts, readMixes } from '../../store/detection/mixes.ts';
import type { MixOfHours, MixPast } from '../../store/detection/mixes.ts';
import type { Entity } from '../findings.ts';
import { shiftOf } from '../mix/shift.ts';
import { DETECTIONS } from '../registry.ts';
import { HOUR_MS, hourOf } from '../volume/calendar.ts';
import { FLOOR, noteSurprise } from './judged.ts';
import type { Judged, LearnThresholds } from './judged.ts';

/** A drip is looked at over a day. */
const DAY = 24;
/** Tokens that are asked about at once. */
const PAGE = 500;
/** After a start, drips of so many hours are judged. */
const FIRST_HOURS = 6;
/** New ones come once an hour; they are asked for so often, ms. */
const EVERY_MS = 30_000;

/**
 * Judges tokens that have called more than expected for hours: whether what they call has shifted over
 * the day as well. Growth and a new season bring more of the same; who fetches data brings more of one thing.
 *
 * @param decidedAt when they are judged, epoch ms
 */
export async function judgeDrips(
  db: Db,
  drips: readonly Drip[],
  decidedAt: number,
  into: Judged,
): Promise<void> {
  for (const [hour, some] of Map.groupBy(drips, (one) => one.hour)) {
    for (let start = 0; start < some.length; start += PAGE) {
      const page = some.slice(start, start + PAGE);
      const keys = page.map((one) => one.tokenHash);
      const [pasts, mixes] = await Promise.all([
        readMixPasts(db, hour - DAY + 2, keys, into.ancestry?.(hour - DAY + 2)),
        readMixes(db, { from: hour - DAY + 1, to: hour }, keys),
      ]);
      for (const one of page) {
        const past = pasts.get(one.tokenHash);
        const mix = mixes.get(one.tokenHash);
        if (past !== undefined && mix !== undefined) judgeDrip(one, { past, mix }, decidedAt, into);
      }
    }
  }
}

function judgeDrip(
  { hour, tokenHash: key, clientId, deviations }: Drip,
  { past, mix }: { past: MixPast; mix: MixOfHours },
  decidedAt: number,
  into: Judged,
): void {
  const from = (hour - DAY + 1) * HOUR_MS;
  const shift = shiftOf({ minute: from, ...mix }, past);
  if (shift === null || shift.bits < FLOOR) return;
  const { route: value, bits } = shift;
  const noted = { key, clientId, dimension: 'drip', value, time: hour * HOUR_MS, bits };
  const baseline = { past, ...noteSurprise(into, noted) };
  const detection = DETECTIONS.volumeDrip;
  const window = { from, to: (hour + 1) * HOUR_MS, deviations, shift };
  const noticed = detection.detect(window, baseline, detection.parameters);
  if (noticed === null) return;
  const entity: Entity = { kind: 'token', key, tokenHash: key, clientId };
  into.notices.push({ detection, entity, noticed, moment: hour, decidedAt });
}

/** Up to which hour drips were judged, and when they were asked for; both by the server's clock. */
export interface DripMemory {
  through: number;
  askedAt: number;
}

/** Nothing judged yet. */
export const NO_DRIPS: DripMemory = { through: 0, askedAt: 0 };

/**
 * Judges what training has passed on since the last time.
 *
 * @returns what to remember once what was found is kept
 */
export async function judgeDripsLive(
  db: Db,
  memory: DripMemory,
  { to, shard }: Arrival,
  into: Judged,
  learn: LearnThresholds,
): Promise<DripMemory> {
  if (to - memory.askedAt < EVERY_MS) return memory;
  const after = Math.max(memory.through, hourOf(to) - FIRST_HOURS);
  const drips = await readDrips(db, after, shard);
  const askedAt = to;
  if (drips.length === 0) return { ...memory, askedAt };
  const keys = drips.map((one) => one.tokenHash);
  into.thresholds = await learn(keys, hourOf(to));
  await judgeDrips(db, drips, to, into);
  return { through: Math.max(...drips.map((one) => one.hour)), askedAt };
}
