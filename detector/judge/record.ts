import type { Db } from '../../store/db.ts';
import { readBusiestHours } from '../../store/detection/busiest.ts';
import { DETECTIONS } from '../registry.ts';
import { hourOf } from '../volume/calendar.ts';
import { callsFor, recordBits } from '../volume/record.ts';
import { FLOOR } from './judged.ts';
import type { Judged, StandingOut } from './judged.ts';

const NO_HOURS = { top: [], active: 0 };

/** Compares the hours of tokens whose volume stands out with their busiest hours, and forgets them. */
export async function judgeRecords(db: Db, into: Judged): Promise<void> {
  const cases = into.standingOut ?? [];
  into.standingOut = [];
  const byHour = Map.groupBy(cases, (one) => hourOf(one.minute));
  for (const [hour, some] of byHour) {
    const keys = some.map((one) => one.entity.key);
    const busiest = await readBusiestHours(db, hour, keys);
    for (const one of some) judgeRecord(one, busiest.get(one.entity.key) ?? NO_HOURS, into);
  }
}

function judgeRecord(
  one: StandingOut,
  hours: { top: readonly number[]; active: number },
  into: Judged,
): void {
  const { entity, minute, calls, inMinute, move } = one;
  const bits = recordBits(calls, hours, move);
  if (bits < FLOOR) return;
  const { key, clientId } = entity;
  const common = { entity: 'token', key, clientId, value: '', stratum: 0, excess: 0 } as const;
  into.surprises.push({ ...common, dimension: 'volume_record', time: minute, bits });
  const threshold = into.thresholds?.('volume_record', key, hourOf(minute));
  const baseline = { hours, move, ...(threshold === undefined ? {} : { threshold }) };
  const detection = DETECTIONS.volumeRecord;
  const window = { minute, calls };
  const noticed = detection.detect(window, baseline, detection.parameters);
  if (noticed === null) return;
  into.notices.push({
    detection,
    entity,
    noticed,
    moment: minute,
    crossing: () => Math.max(1, callsFor(noticed.thresholdBits, hours, move) - (calls - inMinute)),
    withPeers: (peers) => detection.detect(window, { ...baseline, peers }, detection.parameters),
  });
}
