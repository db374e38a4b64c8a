import { DETECTIONS } from '../registry.ts';
import { beyondBits, callsFor } from '../volume/record.ts';
import type { BusiestHours } from '../volume/record.ts';
import { calendarBits } from '../volume/surge-finding.ts';
import { FLOOR, noteSurprise } from './judged.ts';
import type { Judged } from './judged.ts';
import type { VolumeCase } from './surge.ts';

/** Judges an hour of a token beside its busiest ones, by how far it is beyond all that it ever did. */
export function judgeRecord(one: VolumeCase, hours: BusiestHours, into: Judged): void {
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
