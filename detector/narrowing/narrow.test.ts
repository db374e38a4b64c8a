import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../../store/db.ts';
import type { ProfileRow } from '../../store/detection/profiles.ts';
import { readWindows } from '../../store/detection/windows.ts';
import type { WindowRow } from '../../store/detection/windows.ts';
import { insertTestCalls, seeded, tokenNamed } from '../../test/support/call-rows.ts';
import type { TestCall } from '../../test/support/call-rows.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { isSurprising } from '../judge/surge.ts';
import { createRecentMap } from '../recent.ts';
import { prepareHours } from '../train.ts';
import { expectationOfRow } from '../volume/book.ts';
import { expectationOf } from '../volume/example.ts';
import { surgeBits, worthJudging } from '../volume/surge.ts';
import { createNarrowing, narrow, readCallers } from './narrow.ts';
import { calmRoomFor, roomFor } from './room.ts';
import { Rooms } from './rooms.ts';
import { standingRows } from './standing.ts';

const HOUR = 3_600_000;
/** A whole hour that is over: nothing here depends on when it runs. */
const THEN = Math.floor(Date.now() / HOUR) - 4;
const TOKENS = 24;

let store: TestStore;

function call(token: number, time: number, ingestedAt: number): TestCall {
  return {
    ...{ time: Math.floor(time), ingestedAt: Math.floor(ingestedAt), status: 200 },
    ...{ tokenHash: tokenNamed(`narrow ${String(token)}`), clientId: `c${String(token % 4)}` },
  };
}

/** How often a token calls in an hour. */
const rateOf = (token: number): number => [3, 8, 20, 45, 90, 180][token % 6] ?? 3;

function history(random: () => number): TestCall[] {
  const calls: TestCall[] = [];
  for (let hour = THEN - 3 * 24; hour < THEN; hour += 1) {
    for (let token = 0; token < TOKENS - 2; token += 1) {
      for (let i = 0; i < rateOf(token) * (0.7 + 0.6 * random()); i += 1) {
        const time = (hour + random()) * HOUR;
        calls.push(call(token, time, time + 1));
      }
    }
  }
  return calls;
}

beforeAll(async () => {
  store = await openTestStore();
  await insertTestCalls(store.db, history(seeded(5)));
  await prepareHours(store.db, THEN);
});

afterAll(async () => {
  await store.close();
});

/** Calls of 20 s: as usual, now and then a burst, some late or dated ahead, and two tokens that are new. */
function arriving(random: () => number, from: number): TestCall[] {
  const calls: TestCall[] = [];
  for (let token = 0; token < TOKENS; token += 1) {
    const burst = random() < 0.04 ? 15 : 0;
    const n = Math.floor((rateOf(token) / 180) * (0.4 + 1.2 * random()) + random()) + burst;
    for (let i = 0; i < n; i += 1) {
      const at = from + random() * 20_000;
      const off = random() < 0.05 ? -random() * 90_000 : random() < 0.02 ? 90_000 : -500;
      calls.push({ ...call(token, Math.max(THEN * HOUR, at + off), at) });
    }
  }
  return calls;
}

const nameOf = (row: WindowRow): string =>
  JSON.stringify([row.tokenHash, row.clientId, row.x1, row.x5, row.x60, row.x1440, row.known]);

function surprises(row: WindowRow, minute: number): boolean {
  const { tokenHash: key, clientId } = row;
  const window = { minute: minute * 1000, counts: [row.x1, row.x5, row.x60, row.x1440] as const };
  const baseline = { expectation: expectationOfRow(row), move: 1, known: row.known === 1 };
  const entity = { kind: 'token', key, tokenHash: key, clientId } as const;
  return row.known === 0 || isSurprising({ entity, window, baseline });
}

/** Counts who is asked about by name. */
function counting(db: Db, onAsked: (n: number) => void): Db {
  const exec: Db['client']['exec'] = async (params) => {
    const { names } = (params.query_params ?? {}) as { names?: string[] };
    if (/token_window|client_minute/.test(params.query)) onAsked(names?.length ?? 0);
    return db.client.exec(params);
  };
  return { ...db, client: Object.assign(Object.create(db.client) as Db['client'], { exec }) };
}

describe('narrowing', () => {
  it('finds whoever may surprise, look after look, and asks about few others', async () => {
    const { db } = store;
    const random = seeded(11);
    const narrowing = createNarrowing();
    const profiles = createRecentMap<ProfileRow>(1000);
    const sums = { touched: 0, asked: 0, surprising: 0, found: 0 };
    const heard = counting(db, (n) => (sums.asked += n));
    for (let i = 0; i < 12; i += 1) {
      const from = THEN * HOUR + 600_000 + i * 20_000;
      await insertTestCalls(db, arriving(random, from));
      // As live: a little of the look before again, and now and then more of it.
      const arrival = { from: from - (i % 6 === 5 ? 41_000 : 1_000), to: from + 20_000 };
      const callers = await readCallers(heard, narrowing, arrival);
      for (const minute of [...callers.keys()].sort((a, b) => a - b)) {
        for (const kind of ['token', 'client'] as const) {
          const { rooms } = narrowing[kind];
          const found = await narrow(heard, kind, narrowing, { minute, callers, arrival });
          const rows = await standingRows(db, { rooms, profiles }, kind, minute, found ?? []);
          const all = await readWindows(db, kind, minute, arrival);
          const names = new Set(rows.map(nameOf));
          const surprising = all.rows.filter((row) => surprises(row, minute));
          expect(surprising.filter((row) => !names.has(nameOf(row)))).toEqual([]);
          const known = new Set(all.rows.map(nameOf));
          expect(rows.filter((row) => !known.has(nameOf(row)))).toEqual([]);
          sums.surprising += surprising.length;
          sums.found += rows.length;
          sums.touched += callers.get(minute)?.[kind].length ?? 0;
        }
      }
    }
    expect(sums.surprising).toBeGreaterThan(10);
    expect(sums.found).toBeLessThan(3 * sums.surprising);
    expect(sums.asked).toBeLessThan(0.9 * sums.touched);
  });
});

describe('room', () => {
  it('is never more than what it takes to be worth judging, or to surprise', () => {
    const random = seeded(3);
    for (let i = 0; i < 2000; i += 1) {
      const mean = random() * 100;
      const x1 = Math.floor(random() * 8);
      const x5 = x1 + Math.floor(random() * 12);
      const x60 = x5 + Math.floor(random() * 80);
      const hours = x60 + Math.floor(random() * 100);
      const later = Math.floor(random() * 3);
      const counts = { ...{ x1, x5, x60, hours, later }, ...{ low: 1, high: 1, own: 0 } };
      const one = { ...counts, tokenHash: '', clientId: '' };
      const more = roomFor(one, { mean, day: 24 * mean, earlier: 0 }) - 1 + later;
      const isWorth =
        worthJudging(x1 + more, mean / 60, 0) ||
        worthJudging(x5 + more, mean / 12, 1) ||
        worthJudging(x60 + more, mean, 2) ||
        worthJudging(hours + more - later, 24 * mean, 3);
      const isEnough = x1 + more >= 8 || x5 + more >= 12 || x60 + more >= 15;
      if (more >= later) expect(isWorth && isEnough).toBe(false);
      const expectation = expectationOf(Math.max(1, mean));
      const calm = calmRoomFor(one, hours, expectation) - 1 + later;
      if (calm < later) continue;
      for (const at of [0, 30, 59]) {
        expect(surgeBits(expectation, 2, x60 + calm, at, 1)).toBeLessThan(4);
        expect(surgeBits(expectation, 0, x1 + calm, at, 1)).toBeLessThan(4);
      }
    }
  });

  it('is kept of many, is used up by calls, and ends with its hour', () => {
    const rooms = new Rooms(20_000);
    const key = (i: number): [number, number] => [(i * 2_654_435_761) >>> 0, i + 1];
    for (let i = 0; i < 15_000; i += 1) rooms.keep(...key(i), 600, i % 100);
    for (let i = 0; i < 15_000; i += 1) expect(rooms.left(...key(i), 610)).toBe(i % 100);
    rooms.spend(...key(50), 20);
    expect(rooms.left(...key(50), 659)).toBe(30);
    rooms.spend(...key(50), 100);
    expect([rooms.left(...key(50), 659), rooms.left(...key(51), 660)]).toEqual([0, 0]);
    // Of an earlier minute nothing is known, and what is known of a later one stays.
    expect(rooms.left(...key(52), 599)).toBe(0);
    rooms.keep(...key(52), 590, 7);
    expect(rooms.left(...key(52), 600)).toBe(52);
    rooms.expect(...key(52), 10, { mean: 1.5, day: 3, earlier: 4 });
    expect(rooms.limitsOf(...key(52), 10)).toEqual({ mean: 1.5, day: 3, earlier: 4 });
    expect(rooms.limitsOf(...key(52), 11)).toBeNull();
    for (let i = 15_000; i < 60_000; i += 1) rooms.keep(...key(i), 600, 5);
    expect(rooms.size).toBeLessThanOrEqual(20_000);
  });
});
