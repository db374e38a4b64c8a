import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertTestCalls, tokenNamed } from '../../test/support/call-rows.ts';
import type { TestCall } from '../../test/support/call-rows.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import type { Judged } from './judged.ts';
import { judgeOutcomes } from './outcomes.ts';
import { expectationOf } from '../volume/example.ts';
import { judgeStandingOut } from './standing-out.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** A Monday, 12:00 UTC: the burst is in the hour before. */
const NOON = Date.UTC(2026, 10, 23, 12);

let store: TestStore;

function call(name: string, time: number, status: number): TestCall {
  return {
    ...{ time, tokenHash: tokenNamed(name), clientId: 'acme', service: 's', status, scope: '' },
    ...{ environment: 'production', tokenEnvironment: '', method: 'GET', route: '/', country: '' },
    ...{ asn: 0, networkKind: 'unknown' as const },
  };
}

/** Ten calls an hour for five days; then half an hour with a call every 20 s. */
function history(name: string, usually: number, lately: number): TestCall[] {
  const calls: TestCall[] = [];
  for (let time = NOON - 124 * HOUR; time < NOON - 4 * HOUR; time += 6 * MINUTE) {
    const refused = Math.round(time / (6 * MINUTE)) % 4 === 0;
    calls.push(call(name, time, refused ? usually : 200));
  }
  for (let i = 0; i < 90; i += 1) {
    calls.push(call(name, NOON - 40 * MINUTE + i * 20_000, i % 2 === 0 ? lately : 200));
  }
  return calls;
}

beforeAll(async () => {
  store = await openTestStore();
  await insertTestCalls(store.db, [
    ...history('prober', 200, 403),
    ...history('guesser', 200, 404),
    ...history('stale', 404, 404),
  ]);
});

afterAll(async () => {
  await store.close();
});

async function judge(only?: ReadonlySet<number>): Promise<Judged> {
  const into: Judged = { notices: [], surprises: [] };
  const range = { first: NOON / MINUTE - 60, last: NOON / MINUTE - 1 };
  await judgeOutcomes(store.db, range, into, only === undefined ? {} : { only });
  return into;
}

describe('answers', () => {
  it('tell a prober and a guesser from a token that always asks for what is gone', async () => {
    const { notices } = await judge();
    const told = new Set(notices.map((one) => `${one.detection.id} ${one.entity.key}`));
    expect(told).toEqual(
      new Set([
        `scope.denied-burst ${tokenNamed('prober')}`,
        `authorization.not-found-burst ${tokenNamed('guesser')}`,
      ]),
    );
    const [first] = notices;
    expect(first?.noticed.explanation).toMatch(/usual is .*over \d+ active hours/);
    // Before the burst is over, and after more than one refusal.
    expect(first?.noticed.windowEnd).toBeLessThan(NOON - 20 * MINUTE);
    expect(first?.crossing?.()).toBeGreaterThanOrEqual(1);
  });

  it('are the same minute by minute as all at once', async () => {
    const whole = await judge();
    const single: Judged = { notices: [], surprises: [] };
    for (let minute = NOON / MINUTE - 60; minute < NOON / MINUTE; minute += 1) {
      single.surprises.push(...(await judge(new Set([minute]))).surprises);
    }
    const keyOf = (one: Judged['surprises'][number]): string =>
      `${one.key} ${one.dimension} ${String(one.time)} ${one.bits.toFixed(6)}`;
    expect(single.surprises.map(keyOf).sort()).toEqual(whole.surprises.map(keyOf).sort());
  });
});

describe('records', () => {
  it('compare an hour with the busiest of four weeks', async () => {
    const key = tokenNamed('prober');
    const entity = { kind: 'token', key, tokenHash: key, clientId: 'acme' } as const;
    const minute = NOON - MINUTE;
    const baseline = { expectation: expectationOf(10), move: 1, known: true };
    const into: Judged = { notices: [], surprises: [] };
    into.standingOut = [
      { entity, baseline, window: { minute, counts: [3, 9, 90, 90] } },
      { entity, baseline, window: { minute, counts: [3, 9, 11, 11] } },
    ];
    await judgeStandingOut(store.db, into);
    expect(into.standingOut).toEqual([]);
    const records = into.surprises.filter((one) => one.dimension === 'volume_record');
    expect(records).toHaveLength(1);
    const noticed = into.notices.filter((one) => one.detection.id === 'volume.record');
    expect(noticed).toMatchObject([
      { detection: { id: 'volume.record' }, noticed: { evidence: { usual: { high: 10 } } } },
    ]);
  });
});
