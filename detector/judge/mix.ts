import type { Db } from '../../store/db.ts';
import { readRouteMinutes } from '../../store/detection/mixes.ts';
import type { MixPast, RouteMinute } from '../../store/detection/mixes.ts';
import { MixPasts } from '../mix/pasts.ts';
import {
  fetchingBits,
  fewestToShift,
  isWorthJudging,
  shiftOf,
  shiftedSince,
} from '../mix/shift.ts';
import type { MixWindow } from '../mix/shift.ts';
import { DETECTIONS } from '../registry.ts';
import { MINUTE_MS } from '../volume/calendar.ts';
import { bitsWithout } from '../volume/surge-finding.ts';
import { FLOOR, noteSurprise } from './judged.ts';
import type { Judged } from './judged.ts';
import type { VolumeCase } from './surge.ts';

const TRAILING = 60;

/**
 * Judges what the calls of tokens are made of whose volume stands out: who fetches a store of data calls
 * what holds it, again and again.
 *
 * @param cases of one hour (since the epoch)
 */
export async function judgeMixes(
  db: Db,
  hour: number,
  cases: readonly VolumeCase[],
  into: Judged,
): Promise<void> {
  const keys = cases.map((one) => one.entity.key);
  const minutes = cases.map((one) => one.window.minute / MINUTE_MS);
  const range = { first: Math.min(...minutes) - TRAILING + 1, last: Math.max(...minutes) };
  const called = await readRouteMinutes(db, range, keys);
  const busy = keys.filter((key) => isWorthJudging(called.get(key) ?? []));
  const pasts = await (into.mixes ?? new MixPasts()).of(db, hour, busy, into.ancestry?.(hour));
  for (const one of cases) {
    const past = pasts.get(one.entity.key);
    const rows = called.get(one.entity.key);
    if (past !== undefined && rows !== undefined) judgeMix(one, past, rows, into);
  }
}

/** Calls of the 60 minutes that end with a minute. */
function within(minute: number, rows: readonly RouteMinute[]): RouteMinute[] {
  const last = minute / MINUTE_MS;
  return rows.filter((row) => row.minute <= last && row.minute > last - TRAILING);
}

function windowOf(minute: number, rows: readonly RouteMinute[]): MixWindow {
  const routes = new Map<string, number>();
  let calls = 0;
  for (const row of rows) {
    calls += row.calls;
    routes.set(row.route, (routes.get(row.route) ?? 0) + row.calls);
  }
  return { minute, calls, routes };
}

function judgeMix(
  { entity, window, baseline: volume }: VolumeCase,
  past: MixPast,
  rows: readonly RouteMinute[],
  into: Judged,
): void {
  const { minute } = window;
  const called = within(minute, rows);
  const shift = shiftOf(windowOf(minute, called), past);
  if (shift === null || shift.bits < FLOOR) return;
  const { key, clientId } = entity;
  const noted = { key, clientId, value: shift.route, time: minute };
  // The share alone is a sign beside others; what is told counts the volume in.
  noteSurprise(into, { ...noted, dimension: 'mix', bits: shift.bits });
  const beside = {
    past,
    volumeBits: (fewer: number) => bitsWithout(window, volume, fewer),
  };
  const bits = fetchingBits(shift.bits, beside.volumeBits(0));
  const baseline = { ...beside, ...noteSurprise(into, { ...noted, dimension: 'fetching', bits }) };
  const detection = DETECTIONS.scopeMixShift;
  const since = shiftedSince(called, shift) * MINUTE_MS;
  const noticed = detection.detect({ minute, since, shift }, baseline, detection.parameters);
  if (noticed === null) return;
  const last = minute / MINUTE_MS;
  const inMinute = rows
    .filter((row) => row.minute === last && row.route === shift.route)
    .reduce((sum, row) => sum + row.calls, 0);
  into.notices.push({
    detection,
    entity,
    noticed,
    moment: minute,
    crossing: () =>
      Math.max(1, fewestToShift(shift, beside, noticed.thresholdBits) - (shift.calls - inMinute)),
  });
}
