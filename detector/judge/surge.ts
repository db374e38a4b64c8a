import type { SurpriseRow } from '../../store/detection/surprises.ts';
import type { Entity } from '../findings.ts';
import { DETECTIONS } from '../registry.ts';
import { hourOf } from '../volume/calendar.ts';
import type { Window } from '../volume/expectation.ts';
import { bitsByWindow, crossingOf, thresholdsOf } from '../volume/surge-finding.ts';
import type { SurgeBaseline, SurgeWindow, WindowThresholds } from '../volume/surge-finding.ts';
import { FLOOR } from './judged.ts';
import type { Judged } from './judged.ts';

/** Names of the windows' dimensions; the two short ones count as one. */
const DIMENSIONS = {
  token: ['volume_minutes', 'volume_minutes', 'volume_hour', 'volume_day'],
  client: ['client_minutes', 'client_minutes', 'client_hour', 'client_day'],
} as const;

/** Whose volume is judged. */
export type VolumeEntity = Entity & { kind: 'token' | 'client' };

/** What judging one entity's windows takes. */
export interface VolumeCase {
  entity: VolumeEntity;
  window: SurgeWindow;
  baseline: SurgeBaseline;
}

/**
 * Judges the windows of one entity that end with a minute: a client's at once, a token's once it is
 * known how busy its hours have been (see `judgeStandingOut`).
 */
export function judgeCase(one: VolumeCase, into: Judged): void {
  if (one.entity.kind === 'client') judgeSurge(one, into);
  else if (isSurprising(one)) (into.standingOut ??= []).push(one);
}

/** The same, with all that is known. */
export function judgeSurge(one: VolumeCase, into: Judged): void {
  const { entity, window } = one;
  const learnt = learntThresholds(into, one);
  const baseline = learnt === null ? one.baseline : { ...one.baseline, thresholds: learnt };
  const bits = bitsByWindow(window, baseline);
  const best = new Map<string, number>();
  bits.forEach((value, w) => {
    const dimension = DIMENSIONS[entity.kind][w as Window];
    best.set(dimension, Math.max(best.get(dimension) ?? 0, value));
  });
  for (const [dimension, value] of best) {
    if (value >= FLOOR) into.surprises.push(surpriseOf(entity, dimension, window.minute, value));
  }
  const detection = entity.kind === 'token' ? DETECTIONS.volumeSurge : DETECTIONS.volumeClientSurge;
  const noticed = detection.detect(window, baseline, detection.parameters);
  if (noticed === null) return;
  into.notices.push({
    detection,
    entity,
    noticed,
    moment: window.minute,
    // Calls of a client's busiest token are not what decided: that many more may have come before.
    crossing: () =>
      (window.busiest?.[0] ?? 0) +
      crossingOf(window, baseline, thresholdsOf(baseline, detection.parameters['bits'] ?? 30)),
    withPeers: (peers) => detection.detect(window, { ...baseline, peers }, detection.parameters),
  });
}

/** True when a case surprises at all: others need no further questions. */
export function isSurprising({ window, baseline }: VolumeCase): boolean {
  return Math.max(...bitsByWindow(window, baseline)) >= FLOOR;
}

/** What was learnt of the thresholds of the four windows, or null. */
function learntThresholds(into: Judged, { entity, window }: VolumeCase): WindowThresholds | null {
  const hour = hourOf(window.minute);
  const learnt = DIMENSIONS[entity.kind].map((dimension) =>
    into.thresholds?.(dimension, entity.key, hour),
  );
  const [one, five, sixty, day] = learnt;
  if (one === undefined || five === undefined || sixty === undefined || day === undefined)
    return null;
  return [one, five, sixty, day];
}

function surpriseOf(
  entity: VolumeEntity,
  dimension: string,
  time: number,
  bits: number,
): SurpriseRow {
  return {
    entity: entity.kind,
    key: entity.key,
    clientId: entity.clientId,
    dimension,
    value: '',
    time,
    bits,
    stratum: 0,
    excess: 0,
  };
}
