import type { Db } from '../../store/db.ts';
import { readClientProfiles } from '../../store/detection/profiles.ts';
import type { ProfileRow } from '../../store/detection/profiles.ts';
import type { SurpriseRow } from '../../store/detection/surprises.ts';
import { readClientHours, readWindows } from '../../store/detection/windows.ts';
import type { ClientHour, WindowRow } from '../../store/detection/windows.ts';
import type { Entity } from '../findings.ts';
import { DETECTIONS } from '../registry.ts';
import { clientKey, expectationOfRow } from '../volume/book.ts';
import { MINUTE_MS } from '../volume/calendar.ts';
import { bitsByWindow } from '../volume/surge-finding.ts';
import type { SurgeBaseline, SurgeWindow } from '../volume/surge-finding.ts';
import { moveOf } from '../volume/surge.ts';
import { meanOf, mixtureOf } from '../volume/expectation.ts';
import { FLOOR } from './judged.ts';
import type { Judged } from './judged.ts';

/** Names of the windows' dimensions; the two short ones count as one. */
const DIMENSIONS = ['volume_minutes', 'volume_minutes', 'volume_hour', 'volume_day'] as const;

function entityOf(row: WindowRow): Entity {
  return row.tokenHash === ''
    ? { kind: 'client', key: clientKey(row.clientId), tokenHash: '', clientId: row.clientId }
    : { kind: 'token', key: row.tokenHash, tokenHash: row.tokenHash, clientId: row.clientId };
}

/** How the client's other tokens move, from its trailing hour and expectation. */
function moveFor(
  row: WindowRow,
  minute: number,
  hours: ReadonlyMap<string, ClientHour>,
  client: ProfileRow,
): number {
  const hour = hours.get(row.clientId);
  if (hour === undefined) return 1;
  // The trailing hour ends before this minute, which is still filling.
  const last = (Math.floor(minute / MINUTE_MS) % 60) - 1;
  const whole = meanOf(mixtureOf(expectationOfRow(client), 2, last, 1));
  const own = meanOf(mixtureOf(expectationOfRow(row), 2, last, 1));
  const others = hour.calls - (hour.own[row.tokenHash] ?? 0);
  return moveOf(others, whole - own, client.siblings);
}

function judgeRow(row: WindowRow, minute: number, move: number, into: Judged): void {
  const window: SurgeWindow = { minute, counts: [row.x1, row.x5, row.x60, row.x1440] };
  const baseline: SurgeBaseline = {
    expectation: expectationOfRow(row),
    move,
    known: row.known === 1,
  };
  const entity = entityOf(row);
  const bits = bitsByWindow(window, baseline);
  const best = new Map<string, number>();
  bits.forEach((value, w) => {
    const dimension = DIMENSIONS[w] ?? 'volume_hour';
    best.set(dimension, Math.max(best.get(dimension) ?? 0, value));
  });
  for (const [dimension, value] of best) {
    if (value >= FLOOR) into.surprises.push(surpriseOf(entity, dimension, minute, value));
  }
  const detection = entity.kind === 'token' ? DETECTIONS.volumeSurge : DETECTIONS.volumeClientSurge;
  const noticed = detection.detect(window, baseline, detection.parameters);
  if (noticed === null) return;
  into.notices.push({
    detection,
    entity,
    noticed,
    moment: minute,
    withPeers: (peers) => detection.detect(window, { ...baseline, peers }, detection.parameters),
  });
}

function surpriseOf(entity: Entity, dimension: string, time: number, bits: number): SurpriseRow {
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

/**
 * Judges the volume of all tokens and clients with calls in a minute.
 *
 * @param minute its beginning, epoch ms
 */
export async function judgeVolume(db: Db, minute: number, into: Judged): Promise<void> {
  const seconds = Math.floor(minute / 1000);
  const [tokens, clients] = await Promise.all([
    readWindows(db, 'token', seconds),
    readWindows(db, 'client', seconds),
  ]);
  for (const row of clients) judgeRow(row, minute, 1, into);
  if (tokens.length === 0) return;
  const ids = tokens.map((row) => row.clientId);
  const hashes = tokens.map((row) => row.tokenHash);
  const [hours, profiles] = await Promise.all([
    readClientHours(db, seconds, ids, hashes),
    readClientProfiles(db, seconds, ids),
  ]);
  for (const row of tokens) {
    const profile = profiles.get(row.clientId);
    judgeRow(row, minute, profile === undefined ? 1 : moveFor(row, minute, hours, profile), into);
  }
}
