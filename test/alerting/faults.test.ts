import { connect as connectTo, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Alerting } from '../../alerting/app.ts';
import type { TokenHash } from '../../model/hash.ts';
import { connect } from '../../store/db.ts';
import type { Db } from '../../store/db.ts';
import { listDeliveries } from '../../store/deliveries/deliveries.ts';
import { retryDeliveries } from '../../store/deliveries/retry.ts';
import { writeFindings } from '../../store/findings/findings.ts';
import { countIncidents } from '../../store/incidents/snapshots.ts';
import { startFaultyHttp } from '../conformance/faulty-servers.ts';
import type { FaultyServer } from '../conformance/faulty-servers.ts';
import { alertingOn, configWith, roundsUntil } from '../support/alerting.ts';
import { findingOf } from '../support/finding.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const MINUTE = 60_000;

let store: TestStore;
let slow: FaultyServer;
let quick: FaultyServer;
let alerting: Alerting;
let clock = Date.now();
let number = 0;

/** What lies between alerting and ClickHouse, and a test may cut: connections break, none are taken. */
let wire: { db: Db; cut(): Promise<void>; mend(): Promise<void>; close(): Promise<void> };

async function openWire(): Promise<typeof wire> {
  const { embedded } = store;
  if (embedded === null) throw new Error('the test store is embedded');
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    const far = connectTo(Number(new URL(embedded.url).port), '127.0.0.1');
    [near, far].forEach(keep);
    near.pipe(far).pipe(near);
  });
  const listen = async (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const { appUser: username, appPassword: password } = embedded;
  const database = store.db.database;
  const db = connect({ url: `http://127.0.0.1:${String(port)}`, username, password, database });
  const cut = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const mend = async (): Promise<void> => (server.listening ? undefined : listen(port));
  const close = async (): Promise<void> => {
    await db.close();
    await cut();
  };
  return { db, cut, mend, close };
}

async function begin(): Promise<void> {
  const receiver = (server: FaultyServer): object => ({
    ...{ type: 'webhook', url: `http://127.0.0.1:${String(server.port)}/`, secrets: [SECRET] },
    ...{ allow_private_network: true, timeout: '300ms', cap: { messages: 1_000 } },
  });
  const config = configWith(store.dataDir, {
    receivers: { slow: receiver(slow), quick: receiver(quick) },
    // The clock runs through days here; what is repeated by then is another test's matter.
    route: { receiver: ['slow', 'quick'], repeat_interval: '365d' },
  });
  alerting = alertingOn({ ...store, db: wire.db }, config, () => clock);
  await alerting.begin();
}

async function find(): Promise<void> {
  number += 1;
  await writeFindings(store.db, [
    findingOf({
      ...{ id: `fault-${String(number)}`, clientId: `fault-${String(number)}`, detectedAt: clock },
      tokenHash: number.toString(16).padStart(64, '0') as TokenHash,
    }),
  ]);
}

beforeAll(async () => {
  store = await openTestStore();
  wire = await openWire();
  const answers = { success: { status: 200, body: '' }, refusal: { status: 403, body: '' } };
  [slow, quick] = await Promise.all([startFaultyHttp(answers), startFaultyHttp(answers)]);
  await begin();
});

afterEach(async () => {
  await wire.mend();
  slow.mode = 'takes';
  slow.taken.splice(0);
  quick.taken.splice(0);
});

afterAll(async () => {
  await alerting.stop(100);
  await Promise.all([slow.close(), quick.close(), wire.close()]);
  await store.close();
});

describe('alerting under faults', () => {
  it('a receiver that is down for an hour gets its message once it is back; another waits for nothing', async () => {
    slow.mode = 'never answers';
    await find();
    await roundsUntil(alerting, () => quick.taken.length === 1);
    for (let minutes = 0; minutes < 60; minutes += 20) {
      clock += 20 * MINUTE;
      await delay(1_100);
      await alerting.round();
    }
    expect(slow.taken).toHaveLength(0);
    slow.mode = 'takes';
    clock += 6 * MINUTE;
    await roundsUntil(alerting, () => slow.taken.length === 1);
    expect(quick.taken).toHaveLength(1);
  });

  it('keeps to what Retry-After says', async () => {
    slow.mode = 'busy';
    await find();
    await roundsUntil(alerting, async () => {
      const [pending] = await listDeliveries(store.db, { states: ['pending'], receiver: 'slow' });
      return pending?.attempts === 1 && pending.nextAttemptAt >= clock + 7_000;
    });
    slow.mode = 'takes';
    await delay(1_200);
    expect(slow.taken).toHaveLength(0);
    clock += 9_000;
    await roundsUntil(alerting, () => slow.taken.length === 1);
  });

  it('gives up after the horizon, and a person may have it tried again under the same id', async () => {
    slow.mode = 'fails';
    await find();
    await roundsUntil(alerting, () => quick.taken.length === 1);
    clock += 25 * 60 * MINUTE;
    const dead = async () => listDeliveries(store.db, { states: ['dead'] });
    await roundsUntil(alerting, async () => (await dead()).length === 1);
    const [letter] = await dead();
    slow.mode = 'takes';
    await retryDeliveries(store.db, { receiver: 'slow' }, clock);
    clock += 6_000;
    await roundsUntil(alerting, () => slow.taken.length === 1);
    expect(slow.taken[0]?.headers['webhook-id']).toBe(letter?.id);
    await roundsUntil(alerting, async () => (await dead()).length === 0);
  });

  it('ClickHouse gone and back: nothing is lost and nothing told twice', async () => {
    await find();
    await wire.cut();
    await expect(alerting.round()).rejects.toThrow();
    await expect(alerting.round()).rejects.toThrow();
    await wire.mend();
    await roundsUntil(alerting, () => quick.taken.length === 1);
    // Gone in the moment when an outcome is to be kept: it is kept when it is back.
    slow.mode = 'takes';
    await find();
    const before = quick.taken.length;
    await roundsUntil(alerting, () => quick.taken.length > before);
    await wire.cut();
    await delay(300);
    await wire.mend();
    await roundsUntil(
      alerting,
      async () => (await listDeliveries(store.db, { states: ['pending'] })).length === 0,
    );
    for (let i = 0; i < 5; i += 1) await alerting.round();
    expect(quick.taken).toHaveLength(2);
    expect(slow.taken).toHaveLength(2);
  });

  it('a clock that is set back an hour repeats nothing and holds nothing up for long', async () => {
    clock -= 60 * MINUTE;
    for (let i = 0; i < 5; i += 1) await alerting.round();
    expect(quick.taken).toHaveLength(0);
    await find();
    await roundsUntil(alerting, () => quick.taken.length === 1 && slow.taken.length === 1);
    expect(await countIncidents(store.db)).toBe(number);
  });

  it('a clock that is set forward by months, and back, repeats nothing and gives nothing up untried', async () => {
    slow.mode = 'fails';
    await find();
    await roundsUntil(alerting, async () => {
      const [pending] = await listDeliveries(store.db, { states: ['pending'], receiver: 'slow' });
      return quick.taken.length === 1 && (pending?.attempts ?? 0) > 0;
    });
    slow.mode = 'takes';
    clock += 300 * 24 * 60 * MINUTE;
    // What waits is due at once and tried once more, however old it seems.
    await roundsUntil(alerting, () => slow.taken.length === 1);
    clock -= 300 * 24 * 60 * MINUTE;
    await find();
    await roundsUntil(alerting, () => quick.taken.length === 2 && slow.taken.length === 2);
    for (let i = 0; i < 5; i += 1) await alerting.round();
    expect([quick.taken.length, slow.taken.length]).toEqual([2, 2]);
  });
});
