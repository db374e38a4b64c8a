import type { Db } from '../../store/db.ts';
import { readBusiestHours } from '../../store/detection/busiest.ts';
import { DETECTIONS } from '../registry.ts';
import { hourOf } from '../volume/calendar.ts';
import { beyondBits, callsFor } from '../volume/record.ts';
import type { BusiestHours } from '../volume/record.ts';
import { calendarBits } from '../volume/surge-finding.ts';
import { FLOOR, noteSurprise } from './judged.ts';
import type { Judged } from './judged.ts';
import { judgeSurge } from './surge.ts';
import type { VolumeCase } from './surge.ts';

const NO_HOURS = { top: [], active: 0 };

/**
 * Judges tokens whose volume stands out beside their busiest hours: by what was expected of them, and by
 * how far they are beyond all that they ever did.
 */
export async function judgeRecords(
  db: Db,
  cases: readonly VolumeCase[],
  into: Judged,
): Promise<void> {
  const byHour = Map.groupBy(cases, (one) => hourOf(one.window.minute));
  for (const [hour, some] of byHour) {
    const keys = some.map((one) => one.entity.key);
    const busiest = await readBusiestHours(db, hour, keys);
    for (const one of some) {
      const hours = busiest.get(one.entity.key) ?? NO_HOURS;
      judgeSurge({ ...one, baseline: { ...one.baseline, hours } }, into);
      judgeRecord(one, hours, into);
    }
  }
}

function judgeRecord(one: VolumeCase, hours: BusiestHours, into: Judged): void {
  const { entity } = one;
  const { minute, counts } = one.window;
  const { move, expectation } = one.baseline;
  const [inMinute, , calls] = counts;
  const known = {
    ...{ hours, move },
    calendarBits: (x: number) => calendarBits({ expectation, move, hours }, minute, x),
  };
  const bits = beyondBits(calls, known);
  if (bits < FLOOR) return;
  const { key, clientId } = entity;
  const noted = { key, clientId, dimension: 'volume_record', time: minute, bits };
  const baseline = { ...known, ...noteSurprise(into, noted) };
  const detection = DETECTIONS.volumeRecord;
  const window = { minute, calls };
  const noticed = detection.detect(window, baseline, detection.parameters);
  if (noticed === null) return;
  into.notices.push({
    detection,
    entity,
    noticed,
    moment: minute,
    crossing: () => Math.max(1, callsFor(noticed.thresholdBits, known) - (calls - inMinute)),
    withPeers: (peers) => detection.detect(window, { ...baseline, peers }, detection.parameters),
  });
}
