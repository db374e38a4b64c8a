import type { Db } from '../../store/db.ts';
import { readClientProfiles } from '../../store/detection/profiles.ts';
import type { ProfileRow } from '../../store/detection/profiles.ts';
import type { SurpriseRow } from '../../store/detection/surprises.ts';
import { readBusiestTokens } from '../../store/detection/busiest-tokens.ts';
import { readClientHours, readWindows } from '../../store/detection/windows.ts';
import type { WindowRow } from '../../store/detection/windows.ts';
import type { Entity } from '../findings.ts';
import { awaken } from '../training/awake.ts';
import { DETECTIONS } from '../registry.ts';
import { clientKey, expectationOfRow } from '../volume/book.ts';
import { MINUTE_MS, hourOf } from '../volume/calendar.ts';
import { bitsByWindow, crossingOf, thresholdsOf, withoutBusiest } from '../volume/surge-finding.ts';
import type { SurgeBaseline, SurgeWindow, WindowThresholds } from '../volume/surge-finding.ts';
import { moveOf } from '../volume/surge.ts';
import { meanOf, mixtureOf } from '../volume/expectation.ts';
import type { Expectation, Window } from '../volume/expectation.ts';
import { FLOOR } from './judged.ts';
import type { Judged, LearnThresholds } from './judged.ts';
import { judgeRecords } from './record.ts';

/** Names of the windows' dimensions; the two short ones count as one. */
const DIMENSIONS = {
  token: ['volume_minutes', 'volume_minutes', 'volume_hour', 'volume_day'],
  client: ['client_minutes', 'client_minutes', 'client_hour', 'client_day'],
} as const;

/** Whose volume is judged. */
type VolumeEntity = Entity & { kind: 'token' | 'client' };

function entityOf(row: WindowRow): VolumeEntity {
  return row.tokenHash === ''
    ? { kind: 'client', key: clientKey(row.clientId), tokenHash: '', clientId: row.clientId }
    : { kind: 'token', key: row.tokenHash, tokenHash: row.tokenHash, clientId: row.clientId };
}

/** How the client's other tokens move, from its trailing hour and expectation. */
function moveFor(
  row: WindowRow,
  minute: number,
  hours: ReadonlyMap<string, number>,
  client: ProfileRow,
): number {
  const hour = hours.get(row.clientId);
  if (hour === undefined) return 1;
  const calls = { client: hour, own: row.own };
  return othersMove(calls, expectationOfRow(client), expectationOfRow(row), minute);
}

/**
 * How a token's siblings move now.
 *
 * @param calls of the client and of the token in the 60 min before the minute, which is still filling
 */
export function othersMove(
  calls: { client: number; own: number },
  client: Expectation,
  token: Expectation,
  minute: number,
): number {
  const last = (Math.floor(minute / MINUTE_MS) % 60) - 1;
  const whole = meanOf(mixtureOf(client, 2, last, 1));
  const own = meanOf(mixtureOf(token, 2, last, 1));
  return moveOf(calls.client - calls.own, whole - own, client.siblings);
}

/** What judging one entity's windows takes. */
export interface VolumeCase {
  entity: VolumeEntity;
  window: SurgeWindow;
  baseline: SurgeBaseline;
}

/** Judges the windows of one entity that end with a minute. */
export function judgeCase(one: VolumeCase, into: Judged): void {
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
  if (entity.kind === 'token' && Math.max(...bits) >= FLOOR) {
    const [inMinute, , calls] = window.counts;
    const { minute } = window;
    (into.standingOut ??= []).push({ entity, minute, calls, inMinute, move: baseline.move });
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

/** Judges clients by what others than their busiest tokens did. */
async function judgeClients(
  db: Db,
  minute: number,
  rows: readonly WindowRow[],
  into: Judged,
): Promise<void> {
  const cases = rows.map((row) => caseOf(row, minute, 1)).filter(isSurprising);
  if (cases.length === 0) return;
  const ids = cases.map(({ entity }) => entity.clientId);
  const busiest = await readBusiestTokens(db, Math.floor(minute / 1000), ids);
  for (const one of cases) {
    const calls = busiest.get(one.entity.clientId) ?? ([0, 0, 0, 0] as const);
    judgeCase({ ...one, window: withoutBusiest(one.window, calls) }, into);
  }
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

function caseOf(row: WindowRow, minute: number, move: number): VolumeCase {
  return {
    entity: entityOf(row),
    window: { minute, counts: [row.x1, row.x5, row.x60, row.x1440] },
    baseline: { expectation: expectationOfRow(row), move, known: row.known === 1 },
  };
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

/** The calls of one minute that a look is about. */
export interface MinuteLook {
  /** Beginning of the minute, epoch ms. */
  minute: number;
  /** When the calls arrived, [from, to), epoch ms. */
  arrival: { from: number; to: number };
  /** Where the last look at them ended, by entity; absent at first. */
  after?: { token: string | null; client: string | null };
}

/**
 * Judges the volume of tokens and clients with calls in a minute, a bounded number of them.
 *
 * @returns what is left to look at, or null when that was all
 */
export async function judgeVolume(
  db: Db,
  look: MinuteLook,
  into: Judged,
  learn?: LearnThresholds,
): Promise<MinuteLook | null> {
  const { minute, arrival } = look;
  const seconds = Math.floor(minute / 1000);
  const after = look.after ?? { token: '', client: '' };
  const nothing = { rows: [], next: null };
  const [tokens, clients] = await Promise.all([
    after.token === null ? nothing : readWindows(db, 'token', seconds, arrival, after.token),
    after.client === null ? nothing : readWindows(db, 'client', seconds, arrival, after.client),
  ]);
  const rows = await awaken(db, hourOf(minute), tokens.rows);
  const keys = [
    ...rows.map((row) => row.tokenHash),
    ...clients.rows.map((row) => clientKey(row.clientId)),
  ];
  const thresholds = keys.length === 0 ? undefined : await learn?.(keys, hourOf(minute));
  if (thresholds !== undefined) into.thresholds = thresholds;
  await judgeClients(db, minute, clients.rows, into);
  if (rows.length > 0) {
    const ids = rows.map((row) => row.clientId);
    const [hours, profiles] = await Promise.all([
      readClientHours(db, seconds, ids),
      readClientProfiles(db, seconds, ids),
    ]);
    for (const row of rows) {
      const profile = profiles.get(row.clientId);
      const move = profile === undefined ? 1 : moveFor(row, minute, hours, profile);
      judgeCase(caseOf(row, minute, move), into);
    }
  }
  await judgeRecords(db, into);
  if (tokens.next === null && clients.next === null) return null;
  return { ...look, after: { token: tokens.next, client: clients.next } };
}
