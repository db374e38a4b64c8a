import type { Db } from '../../store/db.ts';
import { readRouteMinutes } from '../../store/detection/mixes.ts';
import type { MixPast, RouteMinute } from '../../store/detection/mixes.ts';
import { MixPasts } from '../mix/pasts.ts';
import { fewestToShift, isWorthJudging, shiftOf, shiftedSince } from '../mix/shift.ts';
import type { MixWindow } from '../mix/shift.ts';
import { DETECTIONS } from '../registry.ts';
import { MINUTE_MS, hourOf } from '../volume/calendar.ts';
import { FLOOR, noteSurprise } from './judged.ts';
import type { Judged } from './judged.ts';
import type { VolumeCase } from './surge.ts';

const TRAILING = 60;

/**
 * Judges what the calls of tokens are made of whose volume stands out: who fetches a store of data calls
 * what holds it, again and again.
 */
export async function judgeMixes(
  db: Db,
  cases: readonly VolumeCase[],
  into: Judged,
): Promise<void> {
  for (const [hour, some] of Map.groupBy(cases, (one) => hourOf(one.window.minute))) {
    const keys = some.map((one) => one.entity.key);
    const minutes = some.map((one) => one.window.minute / MINUTE_MS);
    const range = { first: Math.min(...minutes) - TRAILING + 1, last: Math.max(...minutes) };
    const called = await readRouteMinutes(db, range, keys);
    const busy = keys.filter((key) => isWorthJudging(called.get(key) ?? []));
    const pasts = await (into.mixes ?? new MixPasts()).of(db, hour, busy);
    for (const one of some) {
      const past = pasts.get(one.entity.key);
      const rows = called.get(one.entity.key);
      if (past !== undefined && rows !== undefined) judgeMix(one, past, rows, into);
    }
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
  { entity, window: { minute } }: VolumeCase,
  past: MixPast,
  rows: readonly RouteMinute[],
  into: Judged,
): void {
  const called = within(minute, rows);
  const shift = shiftOf(windowOf(minute, called), past);
  if (shift === null || shift.bits < FLOOR) return;
  const { key, clientId } = entity;
  const { route: value, bits } = shift;
  const noted = { key, clientId, dimension: 'mix', value, time: minute, bits };
  const baseline = { past, ...noteSurprise(into, noted) };
  const detection = DETECTIONS.scopeMixShift;
  const since = shiftedSince(called, shift) * MINUTE_MS;
  const noticed = detection.detect({ minute, since, shift }, baseline, detection.parameters);
  if (noticed === null) return;
  const last = minute / MINUTE_MS;
  const inMinute = rows
    .filter((row) => row.minute === last && row.route === value)
    .reduce((sum, row) => sum + row.calls, 0);
  into.notices.push({
    detection,
    entity,
    noticed,
    moment: minute,
    crossing: () =>
      Math.max(1, fewestToShift(shift, past, noticed.thresholdBits) - (shift.calls - inMinute)),
  });
}
