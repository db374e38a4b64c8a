import { detectorSchema } from '../../config/detector.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ancestry } from '../../store/detection/ancestry.ts';
import { readBusiestHours } from '../../store/detection/busiest.ts';
import type { Generation, Succession } from '../../store/detection/lineage.ts';
import { readMixPasts } from '../../store/detection/mixes.ts';
import { readOutcomePast } from '../../store/detection/outcomes.ts';
import { readMinutes } from '../../store/detection/replay.ts';
import { readSample } from '../../store/detection/samples.ts';
import { readSuccessions } from '../../store/detection/lineage.ts';
import { readOwnValues } from '../../store/detection/values.ts';
import { writeStageState } from '../../store/stage-state.ts';
import { insertTestCalls, seeded, tokenNamed } from '../../test/support/call-rows.ts';
import type { TestCall } from '../../test/support/call-rows.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { backtest } from '../backtest.ts';
import { calibrate } from '../calibrate.ts';
import { replay } from '../replay/replay.ts';
import { prepareHours } from '../train.ts';
import { readLateHeirs } from './late-heirs.ts';
import { likenessOf } from './lineage.ts';

const HOUR = 3_600_000;
const settings = detectorSchema.parse({});
const BEGIN = 490_000;
const ROTATED = BEGIN + 96;
const END = ROTATED + 30;
const [CLIENTS, TOKENS] = [100, 5];

let store: TestStore;
const random = seeded(3);

const SCOPES = ['accounts:read', 'balances:read', 'payments:write', 'cards:read', 'loans:read'];
const nameOf = (c: number, t: number, life: number) =>
  tokenNamed(`${String(c)}/${String(t)}/${String(life)}`);

/** The old token of each new one. */
const right = new Map<string, string>();
for (let c = 0; c < CLIENTS; c += 1) {
  for (let t = 0; t < TOKENS; t += 1) right.set(nameOf(c, t, 1), nameOf(c, t, 0));
}

/** One token's work: steady, at a pace and with scopes of its own; at its hour a new token takes over. */
function work(c: number, t: number): TestCall[] {
  const calls: TestCall[] = [];
  const turn = ROTATED + ((7 * c + t) % 20);
  const gap = [0.9, 0.5, 0.4, 0.6, 0.7][t] ?? 1;
  for (let at = BEGIN + random(); at < END; at += gap * (0.5 + random())) {
    // Some hand over within an hour, during which both are used.
    const life = at > turn + (c % 2) * random() ? 1 : 0;
    const scope = SCOPES[(c + (random() < 0.7 ? t : 0)) % SCOPES.length] ?? '';
    calls.push({
      time: Math.floor(at * HOUR),
      tokenHash: nameOf(c, t, life),
      clientId: `client-${String(c)}`,
      service: 'accounts',
      environment: 'production',
      tokenEnvironment: 'production',
      scope,
      method: 'GET',
      route: `/${scope}/${String(t)}`,
      status: 200,
      country: ['DE', 'GB', 'FR'][c % 3] ?? '',
      asn: 3000 + c,
      networkKind: 'hosting',
    });
  }
  return calls;
}

beforeAll(async () => {
  store = await openTestStore();
  const calls: TestCall[] = [];
  for (let c = 0; c < CLIENTS; c += 1)
    for (let t = 0; t < TOKENS; t += 1) calls.push(...work(c, t));
  await insertTestCalls(store.db, calls);
}, 60_000);

afterAll(async () => {
  await store.close();
});

describe('500 scheduled rotations', () => {
  it('raise nothing', async () => {
    const raised: string[] = [];
    await backtest({
      db: store.db,
      from: (ROTATED - 1) * HOUR,
      onFinding: (one) => void raised.push(`${one.detection}: ${one.explanation}`),
    });
    expect(raised).toEqual([]);
  }, 120_000);

  it('are found by a backtest too, an hour or more after they happened', async () => {
    const whole = { fromHour: BEGIN, toHour: END, judgeFrom: END };
    let known: readonly Succession[] = [];
    let ancestry: Ancestry = () => [];
    for await (const { hour, judged, successions } of replay({
      db: store.db,
      ...whole,
      settings,
    })) {
      known = successions;
      ancestry = judged.ancestry?.(END) ?? ancestry;
      if (hour <= ROTATED) expect(known.length).toBe(0);
    }
    expect(known.length).toBeGreaterThan(350);
    const exact = known.filter(({ tokenHash }) => ancestry(tokenHash)[0] === right.get(tokenHash));
    expect(exact.length / known.length).toBeGreaterThan(0.95);
  }, 120_000);

  it('hand down what is known of the old tokens', async () => {
    const { db } = store;
    await prepareHours(db, ROTATED);
    for (let hour = ROTATED + 1; hour <= END; hour += 1) {
      // Nothing came late: all was written before.
      await writeStageState(db, 'detector', 'trained-at', Math.floor(Date.now() / 1000) + 86_400);
      await prepareHours(db, hour);
    }
    const links = await readSuccessions(db, ROTATED, END);
    // Those that turned in the last hours have not shown yet that the old one is gone.
    expect(links.length).toBeGreaterThan(400);
    const exact = links.filter((one) => right.get(one.tokenHash) === one.predecessor);
    expect(exact.length / links.length).toBeGreaterThan(0.95);
    const [heir] = exact;
    const [row] = await db.query<{ age: number }>(
      `SELECT max(age_hours) AS age FROM tokenwatch.volume_profile
       WHERE entity_key = unhex({key:String}) AND hour >= toDateTime({hour:UInt32} * 3600)`,
      { key: heir?.tokenHash, hour: END },
    );
    expect(row?.age).toBeGreaterThan(96);
    const own = await readOwnValues(db, END, [heir?.tokenHash ?? '']);
    const [country] = own.filter((one) => one.dimension === 'country');
    expect(Object.values(country?.counts ?? {})[0]).toBeGreaterThan(40);
    // The same of its busiest hours, what it called and how it was answered; in a backtest by what that found.
    const [key, old] = [heir?.tokenHash ?? '', heir?.predecessor ?? ''];
    const pastsOf = async (ancestry?: Ancestry) => [
      (await readBusiestHours(db, END, [key], ancestry)).get(key)?.active,
      (await readMixPasts(db, END, [key], ancestry)).get(key)?.active,
      (await readOutcomePast(db, Math.ceil(END / 24), [key], ancestry))[0]?.calls,
    ];
    const linked = await pastsOf();
    expect(await pastsOf((token) => (token === key ? [old] : []))).toEqual(linked);
    for (const [i, alone] of (await pastsOf(() => [])).entries())
      expect(linked[i]).toBeGreaterThan(2 * (alone ?? Infinity));
  }, 120_000);
});

describe('rotations in a history that came all at once', () => {
  it('are found when thresholds are learnt, and hand down with the next training', async () => {
    const late = await openTestStore();
    try {
      const { db } = late;
      const calls: TestCall[] = [];
      for (let c = 0; c < 10; c += 1) for (let t = 0; t < TOKENS; t += 1) calls.push(...work(c, t));
      await insertTestCalls(db, calls);
      const ages = async (): Promise<number> => {
        const [row] = await db.query<{ old: number }>(
          `SELECT countIf(age > 96) AS old FROM (
             SELECT argMax(age_hours, written_at) AS age FROM tokenwatch.volume_profile
             WHERE entity_key IN (SELECT unhex(arrayJoin({keys:Array(String)})))
               AND hour = toDateTime({hour:UInt32} * 3600) GROUP BY entity_key)`,
          { keys: [...right.keys()], hour: END },
        );
        return row?.old ?? 0;
      };
      await prepareHours(db, END);
      expect([(await readSuccessions(db, BEGIN, END)).length, await ages()]).toEqual([0, 0]);
      await calibrate(db, END, settings);
      const links = await readSuccessions(db, BEGIN, END);
      expect(links.length).toBeGreaterThan(30);
      await prepareHours(db, END);
      expect(await ages()).toBeGreaterThan(0.9 * links.length);
      // What was done is not done again.
      await calibrate(db, END, settings);
      expect(await readSuccessions(db, BEGIN, END)).toEqual(links);
      expect(await readLateHeirs(db)).toBeNull();
    } finally {
      await late.close();
    }
  }, 120_000);
});

describe('thresholds of an installation too large to replay', () => {
  it('are learnt from whole clients with a bounded number of tokens', async () => {
    const { db } = store;
    const sample = await readSample(db, 200);
    const range = { fromHour: END - 40, toHour: END };
    const rows = await readMinutes(db, range, sample ?? undefined);
    const clients = new Set(rows.map((row) => row.clientId));
    const tokens = new Set(rows.map((row) => row.tokenHash));
    expect(clients.size).toBeGreaterThan(10);
    expect(tokens.size).toBe(clients.size * 2 * TOKENS);
    expect(tokens.size).toBeLessThanOrEqual(200);
    expect(await readSample(db, 10)).toBeNull();
    const learnt = await calibrate(db, END, settings, undefined, 200);
    const hours = learnt?.tails['volume_hour']?.hours ?? 0;
    expect(hours).toBeGreaterThan(100);
    expect(hours).toBeLessThan(200 * 48);
  }, 120_000);
});

describe('who may inherit', () => {
  const before: Generation = {
    ...{ tokenHash: 'old', clientId: 'c', tokenId: '', environment: 'production' },
    ...{ granted: ['a', 'b'], calls: 900, firstSeen: 0, lastSeen: 100 * HOUR, missed: 12 },
  };
  const heir: Generation = {
    ...{ ...before, tokenHash: 'new', granted: ['a'], calls: 20 },
    ...{ firstSeen: 100 * HOUR, lastSeen: 104 * HOUR, missed: 0 },
  };
  const home = ['country\0DE', 'asn\0' + '1', 'scope\0a', 'route\0GET /x'];
  const habits = (more: string[] = []) =>
    new Map([
      ['old', new Set(home)],
      ['new', new Set([...home.slice(0, 3), ...more])],
    ]);

  it('is a token with the habits of one that has stopped', () => {
    expect(likenessOf(heir, before, habits())).toBe(1);
  });

  it.each([
    ['of another client', { ...heir, clientId: 'd' }, before, []],
    ['while the old one may only be resting', heir, { ...before, missed: 3 }, []],
    ['that came long after', { ...heir, firstSeen: 120 * HOUR }, before, []],
    ['with a wider grant', { ...heir, granted: ['a', 'z'] }, before, []],
    ['minted for another environment', { ...heir, environment: 'test' }, before, []],
    ['from a network that the old one did not know', heir, before, ['asn\0' + '2']],
    ['with other habits', heir, before, ['route\0GET /y', 'route\0GET /z']],
  ])('is none %s', (_, one, old, more) => {
    expect(likenessOf(one, old, habits(more))).toBe(0);
  });
});
