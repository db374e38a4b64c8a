import type { Db } from '../../store/db.ts';
import type { Arrival } from '../../store/detection/fresh.ts';
import { readProfiles } from '../../store/detection/profiles.ts';
import type { ProfileRow } from '../../store/detection/profiles.ts';
import { readBusiestDays, readBusiestTokens } from '../../store/detection/busiest-tokens.ts';
import { readClientHours, readWindows } from '../../store/detection/windows.ts';
import type { WindowPage, WindowRow } from '../../store/detection/windows.ts';
import { awaken } from '../training/awake.ts';
import { clientKey, expectationOfRow } from '../volume/book.ts';
import { MINUTE_MS, hourOf } from '../volume/calendar.ts';
import { withoutBusiest } from '../volume/surge-finding.ts';
import { moveOf } from '../volume/surge.ts';
import { meanOf, mixtureOf } from '../volume/expectation.ts';
import type { Expectation } from '../volume/expectation.ts';
import type { Judged, LearnThresholds } from './judged.ts';
import { judgeStandingOut } from './standing-out.ts';
import { isSurprising, judgeCase } from './surge.ts';
import type { VolumeCase, VolumeEntity } from './surge.ts';

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

/** Judges clients by what others than their busiest tokens did. */
async function judgeClients(
  db: Db,
  minute: number,
  rows: readonly WindowRow[],
  into: Judged,
): Promise<void> {
  const cases = rows.map((row) => caseOf(row, minute, 1)).filter(isSurprising);
  if (cases.length === 0) return;
  const seconds = Math.floor(minute / 1000);
  const idsOf = (some: readonly VolumeCase[]): string[] => some.map((one) => one.entity.clientId);
  const hours = await readBusiestTokens(db, seconds, idsOf(cases));
  const without = (one: VolumeCase, day: number): VolumeCase => {
    const [x1, x5, x60] = hours.get(one.entity.clientId) ?? [0, 0, 0];
    return { ...one, window: withoutBusiest(one.window, [x1, x5, x60, day]) };
  };
  // A day of all tokens is much to read: only of those that go on to surprise.
  const left = cases.filter((one) => isSurprising(without(one, 0)));
  if (left.length === 0) return;
  const days = await readBusiestDays(db, seconds, idsOf(left));
  for (const one of left) judgeCase(without(one, days.get(one.entity.clientId) ?? 0), into);
}

function caseOf(row: WindowRow, minute: number, move: number): VolumeCase {
  return {
    entity: entityOf(row),
    window: { minute, counts: [row.x1, row.x5, row.x60, row.x1440] },
    baseline: { expectation: expectationOfRow(row), move, known: row.known === 1 },
  };
}

/** The calls of one minute that a look is about. */
export interface MinuteLook {
  /** Beginning of the minute, epoch ms. */
  minute: number;
  /** When the calls arrived, [from, to), epoch ms; and whose they are. */
  arrival: Arrival;
  /** Where the last look at them ended, by entity; absent at first. */
  after?: { token: string | null; client: string | null };
  /** Those that stand out, where it is known already; and how to find what is expected of their clients. */
  standing?: {
    token: WindowRow[];
    client: WindowRow[];
    profiles: (clients: readonly string[]) => Promise<Map<string, ProfileRow>>;
  };
}

/** The windows of a look that stand out, a page of them. */
async function readPage(
  db: Db,
  { minute, arrival, after, standing }: MinuteLook,
  entity: 'token' | 'client',
): Promise<WindowPage> {
  if (standing !== undefined) return { rows: standing[entity], next: null };
  const from = after === undefined ? '' : after[entity];
  if (from === null) return { rows: [], next: null };
  return readWindows(db, entity, Math.floor(minute / 1000), arrival, from);
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
  const { minute } = look;
  const seconds = Math.floor(minute / 1000);
  const [tokens, clients] = await Promise.all([
    readPage(db, look, 'token'),
    readPage(db, look, 'client'),
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
      look.standing?.profiles(ids) ?? readProfiles(db, 'client', seconds, ids),
    ]);
    for (const row of rows) {
      const profile = profiles.get(row.clientId);
      const move = profile === undefined ? 1 : moveFor(row, minute, hours, profile);
      judgeCase(caseOf(row, minute, move), into);
    }
  }
  await judgeStandingOut(db, into);
  if (tokens.next === null && clients.next === null) return null;
  return { ...look, after: { token: tokens.next, client: clients.next } };
}
