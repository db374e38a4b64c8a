import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startAlerting } from '../../alerting/main.ts';
import { createLogger } from '../../config/logger.ts';
import type { TokenHash } from '../../model/hash.ts';
import { writeFindings } from '../../store/findings/findings.ts';
import { countIncidents } from '../../store/incidents/snapshots.ts';
import type { RunningStage } from '../../store/stage.ts';
import { startFaultyHttp } from '../conformance/faulty-servers.ts';
import type { FaultyServer } from '../conformance/faulty-servers.ts';
import { configWith } from '../support/alerting.ts';
import { findingOf } from '../support/finding.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';

let store: TestStore;
let hook: FaultyServer;
const running = new Set<RunningStage>();

async function start(): Promise<RunningStage> {
  const url = `http://127.0.0.1:${String(hook.port)}/`;
  const secrets = [`whsec_${Buffer.alloc(32, 5).toString('base64')}`];
  const cap = { messages: 100 };
  const receiver = { type: 'webhook', url, secrets, cap, allow_private_network: true };
  const stage = await startAlerting({
    config: configWith(store.dataDir, { poll_seconds: 0.05, receivers: { hook: receiver } }),
    ...{ db: store.db, log: createLogger('alerting', 'silent'), registry: new Registry() },
    now: Date.now,
  });
  running.add(stage);
  return stage;
}

async function stop(stage: RunningStage): Promise<void> {
  running.delete(stage);
  await stage.stop();
}

async function find(number: number): Promise<void> {
  const tokenHash = number.toString(16).padStart(64, '0') as TokenHash;
  const id = `lease-${String(number)}`;
  await writeFindings(store.db, [
    findingOf({ id, tokenHash, clientId: id, detectedAt: Date.now() }),
  ]);
}

beforeAll(async () => {
  store = await openTestStore();
  const answer = { status: 200, body: '' };
  hook = await startFaultyHttp({ success: answer, refusal: answer });
});

afterAll(async () => {
  await Promise.all([...running].map(stop));
  await hook.close();
  await store.close();
});

it('of two processes one works and the other stands by; it takes over at once, and tells nothing twice', async () => {
  const [first, second] = await Promise.all([start(), start()]);
  for (let number = 1; number <= 5; number += 1) await find(number);
  await expect.poll(() => hook.taken.length, { timeout: 10_000 }).toBe(5);
  // Whichever works, the other goes on: first one of them is stopped, then it is back and the other stops.
  await stop(first);
  await find(6);
  await expect.poll(() => hook.taken.length, { timeout: 10_000 }).toBe(6);
  await start();
  await stop(second);
  await find(7);
  await expect.poll(() => hook.taken.length, { timeout: 10_000 }).toBe(7);
  expect(new Set(hook.taken.map(({ headers }) => headers['webhook-id'])).size).toBe(7);
  expect(await countIncidents(store.db)).toBe(7);
});
