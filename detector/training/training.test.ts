import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Db } from '../../store/db.ts';
import { writeSuccessions } from '../../store/detection/lineage.ts';
import { writeStageState } from '../../store/stage-state.ts';
import { insertTestCalls, seeded, tokenNamed } from '../../test/support/call-rows.ts';
import type { TestCall } from '../../test/support/call-rows.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { prepareHours } from '../train.ts';
import { changeOf } from './untrained.ts';
import { groupsOf, refold } from './refold.ts';

const HOUR = 3_600_000;
const BEGIN = 490_000;
const random = seeded(5);

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});

afterAll(async () => {
  await store.close();
});

/** Calls of 4 clients with 3 tokens each in some hours; with gaps, and one token that changes hands. */
function callsIn(from: number, to: number): TestCall[] {
  const calls: TestCall[] = [];
  for (let hour = from; hour < to; hour += 1) {
    for (let t = 0; t < 12; t += 1) {
      const asleep = (t % 5 === 0 && hour % 50 < 20) || (t === 7 && hour < BEGIN + 60);
      if (asleep || random() < 0.3) continue;
      const n = Math.floor(random() ** 3 * 40);
      for (let i = 0; i < n; i += 1) {
        const client = t === 11 && hour > BEGIN + 70 ? 0 : Math.floor(t / 3);
        calls.push({
          time: Math.floor((hour + random()) * HOUR),
          tokenHash: tokenNamed(`t${String(t)}`),
          clientId: `client-${String(client)}`,
          status: random() < 0.05 ? 503 : 200,
        });
      }
    }
  }
  return calls;
}

/** Says that nothing came late since the last training: all calls of this test are written now. */
async function nothingLate(db: Db): Promise<void> {
  const later = Math.floor(Date.now() / 1000) + 86_400;
  await writeStageState(db, 'detector', 'trained-at', later);
}

interface Kept {
  key: string;
  hour: number;
  state: number[];
}

interface Expected {
  key: string;
  e: number;
}

async function memory(db: Db): Promise<{ states: Map<string, Kept>; expected: Expected[] }> {
  const states = await db.query<Kept>(
    `SELECT concat(toString(entity), ' ', client_id, ' ', lower(hex(entity_key))) AS key,
       intDiv(toUnixTimestamp(hour), 3600) AS hour, state
     FROM tokenwatch.volume_state FINAL ORDER BY key`,
  );
  const expected = await db.query<Expected>(
    `SELECT toString(entity) AS entity, lower(hex(entity_key)) AS key, client_id, toUnixTimestamp(hour) AS h,
       low, high, siblings, round(expected, 3) AS e
     FROM tokenwatch.volume_profile FINAL
     WHERE hour >= (SELECT max(hour) - INTERVAL 1 HOUR FROM tokenwatch.volume_profile)
     ORDER BY h, entity, key`,
  );
  return { states: new Map(states.map((one) => [one.key, one])), expected };
}

async function whole(db: Db, hour: number): ReturnType<typeof memory> {
  await db.command('TRUNCATE TABLE tokenwatch.volume_state');
  await db.command('TRUNCATE TABLE tokenwatch.volume_profile');
  await prepareHours(db, hour);
  return memory(db);
}

/** All states but those of some, to five digits. */
function compare(one: Map<string, Kept>, other: Map<string, Kept>, but = /^$/): void {
  expect([...one.keys()]).toEqual([...other.keys()]);
  for (const [key, { hour, state }] of one) {
    if (but.test(key)) continue;
    const twin = other.get(key);
    expect(twin?.hour).toBe(hour);
    state.forEach((value, i) => {
      const second = twin?.state[i] ?? Number.NaN;
      const scale = Math.max(1, Math.abs(value), Math.abs(second));
      if (!(Math.abs(value - second) <= 1e-5 * scale)) {
        throw new Error(`${key} [${String(i)}]: ${String(value)} against ${String(second)}`);
      }
    });
  }
}

/** A connection that breaks when it has written so many times. */
function breaking(db: Db, after: number): Db {
  let writes = 0;
  const client = new Proxy(db.client, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (name !== 'exec' || typeof value !== 'function') return value;
      return async (order: { query: string; values?: unknown }) => {
        if (order.values !== undefined && ++writes > after) throw new Error('the line is cut');
        return (value as typeof db.client.exec).call(target, order as never);
      };
    },
  });
  return { ...db, client };
}

describe('incremental training', () => {
  it('remembers what a full fold does, hour by hour, over gaps, a pause and crashes', async () => {
    const { db } = store;
    await insertTestCalls(db, callsIn(BEGIN, BEGIN + 90));
    await prepareHours(db, BEGIN + 90);
    let done = BEGIN + 90;
    for (const hour of [91, 92, 93, 101, 102, 103].map((h) => BEGIN + h)) {
      await insertTestCalls(db, callsIn(done, hour));
      done = hour;
      await nothingLate(db);
      for (const cut of [0, 1, 1]) {
        if (hour !== BEGIN + 101 && hour !== BEGIN + 102) break;
        await expect(prepareHours(breaking(db, cut), hour)).rejects.toThrow('cut');
        await nothingLate(db);
      }
      await prepareHours(db, hour);
    }
    const grown = await memory(db);
    const folded = await whole(db, done);
    expect(grown.states.size).toBe(17);
    compare(grown.states, folded.states);
    expect(grown.expected).toEqual(folded.expected);
  });

  it('folds a client anew whose calls came late, and changes others by next to nothing', async () => {
    const { db } = store;
    await nothingLate(db);
    await insertTestCalls(db, callsIn(BEGIN + 103, BEGIN + 104));
    await prepareHours(db, BEGIN + 104);
    const late = callsIn(BEGIN + 20, BEGIN + 40).filter((call) => call.clientId === 'client-1');
    expect(late.length).toBeGreaterThan(50);
    await writeStageState(db, 'detector', 'trained-at', Math.floor(Date.now() / 1000) + 60);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await insertTestCalls(db, late);
    await prepareHours(db, BEGIN + 104);
    const grown = await memory(db);
    const folded = await whole(db, BEGIN + 104);
    // What everybody does has changed a little, and with it what is lent to the other clients.
    compare(grown.states, folded.states, /client-[023]/);
    grown.expected.forEach((one, i) => {
      expect(one.key).toBe(folded.expected[i]?.key);
      expect(Math.abs(one.e / (folded.expected[i]?.e ?? Number.NaN) - 1)).toBeLessThan(0.1);
    });
  });
});

describe('a client with more tokens than are folded at once', () => {
  const LARGE = 'large';
  const nameOf = (t: number): ReturnType<typeof tokenNamed> => tokenNamed(`large ${String(t)}`);
  /** Of 30 tokens twelve take over from others, two of these from such a one. */
  const heirOf = (t: number): number | null => (t >= 10 && t < 22 ? t - 10 : null);
  const linkedAt = (t: number): number => BEGIN + 60 + t;

  function work(): TestCall[] {
    const calls: TestCall[] = [];
    for (let t = 0; t < 30; t += 1) {
      const from = heirOf(t) === null ? 0 : linkedAt(t) - BEGIN - 4;
      for (let at = from + random(); at < 100; at += 2 * random()) {
        const time = Math.floor((BEGIN + at) * HOUR);
        calls.push({ time, tokenHash: nameOf(t), clientId: LARGE, status: 200 });
      }
    }
    return calls;
  }

  it('is folded in slices of its tokens, to the same memory', async () => {
    const { db } = store;
    await insertTestCalls(db, work());
    const links = Array.from({ length: 30 }, (_, t) => t).flatMap((t) => {
      const old = heirOf(t);
      if (old === null) return [];
      const link = { tokenHash: nameOf(t), predecessor: nameOf(old), linkedHour: linkedAt(t) };
      return [{ ...link, clientId: LARGE, likeness: 1 }];
    });
    for (const link of links) await writeSuccessions(db, [link]);
    const order = {
      ...{ db, fromHour: BEGIN, through: BEGIN + 99, clients: [LARGE], trains: () => true },
      expectedAfter: (hour: number) => (hour === BEGIN + 99 ? hour + 3 : null),
      heirs: (hour: number) =>
        links
          .filter((one) => one.linkedHour === hour)
          .map(({ tokenHash, predecessor }) => ({ token: tokenHash, predecessor })),
    };
    const folded: Awaited<ReturnType<typeof memory>>[] = [];
    for (const most of [100, 4]) {
      await db.command('TRUNCATE TABLE tokenwatch.volume_state');
      await db.command('TRUNCATE TABLE tokenwatch.volume_profile');
      await refold({ ...order, most, version: most });
      folded.push(await memory(db));
    }
    const [whole, sliced] = folded;
    expect(whole?.states.size).toBe(32);
    expect(sliced).toEqual(whole);
  });
});

describe('what incidents leave out', () => {
  const one = { key: 'k', incidentId: 'i', clientId: 'c', fromHour: 10, untilHour: 20 };

  it('folds anew only when trained hours would be others', () => {
    expect([...changeOf([one], [], 9).clients]).toEqual([]);
    expect([...changeOf([one], [], 10).clients]).toEqual(['c']);
    expect([...changeOf([{ ...one, untilHour: 30 }], [one], 15).clients]).toEqual([]);
    expect([...changeOf([{ ...one, untilHour: 30 }], [one], 25).clients]).toEqual(['c']);
    const lifted = changeOf([], [one], 15);
    expect([...lifted.clients]).toEqual(['c']);
    expect(lifted.rows).toEqual([{ ...one, lifted: true }]);
    expect(changeOf([one], [one], 15)).toEqual({ rows: [], clients: new Set() });
  });
});

describe('groups of clients', () => {
  it('are bounded by their tokens', () => {
    const sizes = [1, 2, 3, 60, 5].map((tokens, i) => ({ clientId: String(i), tokens }));
    expect(groupsOf(sizes, 6)).toEqual([['0', '1', '2'], ['3'], ['4']]);
  });
});
