import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readOwnValues } from '../../store/detection/values.ts';
import { writeStageState } from '../../store/stage-state.ts';
import { insertTestCalls, tokenNamed } from '../../test/support/call-rows.ts';
import type { TestCall } from '../../test/support/call-rows.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { prepareHours } from '../train.ts';

const HOUR = 3_600_000;
const BEGIN = 490_000;
const ATTACKED = BEGIN + 60;
const END = BEGIN + 80;
const TOKEN = tokenNamed('victim');

let store: TestStore;

function call(hour: number, country: string): TestCall {
  const base = { tokenHash: TOKEN, clientId: 'acme', status: 200, scope: 'a', country };
  return { ...base, time: Math.floor((hour + ((hour * 7.31) % 1)) * HOUR) };
}

beforeAll(async () => {
  store = await openTestStore();
  const calls: TestCall[] = [];
  for (let hour = BEGIN; hour < END; hour += 0.25) calls.push(call(hour, 'DE'));
  for (let hour = ATTACKED; hour < ATTACKED + 12; hour += 0.02) calls.push(call(hour, 'BR'));
  await insertTestCalls(store.db, calls);
});

afterAll(async () => {
  await store.close();
});

/** What became of the incident; each time a later version of it. */
async function incident(version: number, status: string, hour: number): Promise<void> {
  const closed = status === 'open' ? 0 : (ATTACKED + 14) * 3600;
  await store.db.command(
    `INSERT INTO tokenwatch.incidents (id, version, status, entity, entity_key, token_hash, client_id, detections,
       first_call_at, updated_at, closed_at)
     SELECT 'i1', {version:UInt64}, {status:String}, 'token', concat('token:', {token:String}),
       unhex({token:String}), 'acme', ['geography.new-country'], toDateTime({first:UInt32}), toDateTime({at:UInt32}), toDateTime({closed:UInt32})`,
    { version, status, token: TOKEN, first: ATTACKED * 3600, at: hour * 3600, closed },
  );
}

/** What is expected of the token, after the hours up to now were trained. */
async function expected(hour: number): Promise<number> {
  // Nothing came late: only incidents can have anything folded anew.
  await writeStageState(store.db, 'detector', 'trained-at', Math.floor(Date.now() / 1000) + 86_400);
  await prepareHours(store.db, hour);
  const [row] = await store.db.query<{ expected: number }>(
    `SELECT expected FROM tokenwatch.volume_profile FINAL
     WHERE entity_key = unhex({key:String}) AND hour = toDateTime({hour:UInt32} * 3600)`,
    { key: TOKEN, hour },
  );
  return row?.expected ?? Number.NaN;
}

async function knownCountries(hour: number): Promise<string[]> {
  const own = await readOwnValues(store.db, hour, [TOKEN]);
  return Object.keys(own.find((one) => one.dimension === 'country')?.counts ?? {}).sort();
}

describe('an attack', () => {
  it('teaches nothing while its incident is open, or once it is confirmed', async () => {
    const calm = await expected(ATTACKED + 1);
    await incident(1, 'open', ATTACKED + 1);
    const after = await expected(END);
    expect(after).toBeLessThan(1.6 * calm);
    expect(await knownCountries(END)).toEqual(['DE']);
    await incident(2, 'resolved', ATTACKED + 14);
    expect(await expected(END)).toBeLessThan(1.6 * calm);
    expect(await knownCountries(END)).toEqual(['DE']);
  });

  it('that was none teaches after all, trained hours included', async () => {
    const before = await expected(END);
    await incident(3, 'false_positive', ATTACKED + 15);
    const after = await expected(END);
    expect(after).toBeGreaterThan(1.2 * before);
    expect(await knownCountries(END)).toEqual(['BR', 'DE']);
  });

  it('that is found after its hours were trained is forgotten again', async () => {
    const taught = await expected(END);
    await incident(4, 'open', END);
    expect(await expected(END)).toBeLessThan(taught / 1.2);
    expect(await knownCountries(END)).toEqual(['DE']);
  });
});
