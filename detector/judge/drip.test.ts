import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectorSchema } from '../../config/detector.ts';
import type { Finding } from '../../model/finding.ts';
import { insertTestCalls, tokenNamed } from '../../test/support/call-rows.ts';
import type { TestCall } from '../../test/support/call-rows.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { backtest } from '../backtest.ts';
import { UNCALIBRATED, thresholdsFrom } from '../calibration/calibration.ts';
import { prepareHours } from '../train.ts';
import { NO_DRIPS, judgeDripsLive } from './drip.ts';
import type { DripMemory } from './drip.ts';
import type { Judged } from './judged.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Late in the evening, when desks have gone home. */
const EVENING = Date.UTC(2026, 10, 18, 21);
const first = EVENING / HOUR;

let store: TestStore;

function call(name: string, time: number, route: string): TestCall {
  return {
    ...{ time, tokenHash: tokenNamed(name), clientId: name, service: 's', status: 200 },
    ...{ environment: 'production', method: 'GET', route, country: 'DE', asn: 3320 },
    ...{ userAgent: 'desk/1', networkKind: 'residential' as const },
  };
}

/** A desk: twenty calls an hour from eight to six, most of them for balances. */
function desk(name: string): TestCall[] {
  const calls: TestCall[] = [];
  for (let time = EVENING - 9 * DAY; time < EVENING + 16 * HOUR; time += 3 * 60_000) {
    const hour = (time / HOUR) % 24;
    const route = (time / 60_000) % 5 === 0 ? '/statements' : '/balances';
    if (hour >= 8 && hour < 18) calls.push(call(name, time, route));
  }
  return calls;
}

/** Six calls an hour, through the night and the day. */
function drip(name: string, routes: readonly string[]): TestCall[] {
  return Array.from({ length: 96 }, (_, i) =>
    call(name, EVENING + i * 600_000 + 7_000, routes[i % routes.length] ?? ''),
  );
}

beforeAll(async () => {
  store = await openTestStore();
  const mix = ['/balances', '/balances', '/balances', '/balances', '/statements'];
  await insertTestCalls(store.db, [
    ...desk('dripping'),
    ...desk('growing'),
    ...desk('quiet'),
    ...drip('dripping', ['/statements']),
    ...drip('growing', mix),
  ]);
});
afterAll(async () => {
  await store.close();
});

it('a drip is told once of whoever calls one thing above all, live and in a backtest alike', async () => {
  const { db } = store;
  const settings = detectorSchema.parse({});
  const learn = () =>
    Promise.resolve(thresholdsFrom(UNCALIBRATED, new Map(), settings.budget_per_day));
  await prepareHours(db, first);
  let memory: DripMemory = NO_DRIPS;
  const told: [string, string][] = [];
  for (let hour = first + 1; hour <= first + 15; hour += 1) {
    await prepareHours(db, hour);
    const into: Judged = { notices: [], surprises: [] };
    const arrival = { from: hour * HOUR, to: hour * HOUR + 60_000 };
    memory = await judgeDripsLive(db, memory, arrival, into, learn);
    // What was judged is not judged again.
    expect(
      await judgeDripsLive(db, memory, { ...arrival, to: arrival.to + 31_000 }, into, learn),
    ).toMatchObject({ through: memory.through });
    for (const { entity, noticed } of into.notices)
      told.push([entity.clientId, noticed.explanation]);
  }
  expect([...new Set(told.map(([client]) => client))]).toEqual(['dripping']);
  expect(told[0]?.[1]).toMatch(
    /^More calls than expected, hour after hour: .*; and GET \/statements made up \d+ of \d+ calls within 24 h, usual is 20% of its calls/,
  );
  const found: Finding[] = [];
  await backtest({
    ...{ db, from: EVENING, settings, detections: ['volume.drip'] },
    onFinding: (finding) => {
      found.push(finding);
    },
  });
  expect([...new Set(found.map((one) => one.clientId))]).toEqual(['dripping']);
  expect(found[0]?.explanation).toBe(told[0]?.[1]);
});
