import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startAlerting } from '../../alerting/main.ts';
import { createLogger } from '../../config/logger.ts';
import type { TokenHash } from '../../model/hash.ts';
import { readAudit } from '../../store/audit/entries.ts';
import { listDeliveries } from '../../store/deliveries/deliveries.ts';
import { eraseFromStore } from '../../store/erase/erase.ts';
import { forget } from '../../store/erase/forgetting.ts';
import { writeFindings } from '../../store/findings/findings.ts';
import { appendEvents } from '../../store/incidents/events.ts';
import { listIncidents } from '../../store/incidents/snapshots.ts';
import { startFaultyHttp } from '../conformance/faulty-servers.ts';
import type { FaultyServer } from '../conformance/faulty-servers.ts';
import { configWith } from '../support/alerting.ts';
import { findingOf } from '../support/finding.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';
import type { RunningStage } from '../../store/stage.ts';

const PATIENCE = { timeout: 10_000 };

let store: TestStore;
let hook: FaultyServer;
let stage: RunningStage;

/** Alerting with one receiver, under a name. */
async function start(name: string): Promise<RunningStage> {
  const url = `http://127.0.0.1:${String(hook.port)}/`;
  const secrets = [`whsec_${Buffer.alloc(32, 5).toString('base64')}`];
  const receiver = { type: 'webhook', url, secrets, allow_private_network: true };
  return startAlerting({
    config: configWith(store.dataDir, { poll_seconds: 0.05, receivers: { [name]: receiver } }),
    ...{ db: store.db, log: createLogger('alerting', 'silent'), registry: new Registry() },
    now: Date.now,
  });
}

async function find(clientId: string, byte: string): Promise<TokenHash> {
  const tokenHash = byte.repeat(32) as TokenHash;
  const id = `gone-${clientId}`;
  await writeFindings(store.db, [findingOf({ id, tokenHash, clientId, detectedAt: Date.now() })]);
  return tokenHash;
}

const triedAndWaiting = async (): Promise<number> =>
  (await listDeliveries(store.db, { states: ['pending'] })).filter(({ attempts }) => attempts > 0)
    .length;

beforeAll(async () => {
  store = await openTestStore();
  const answer = { status: 200, body: '' };
  hook = await startFaultyHttp({ success: answer, refusal: answer });
  hook.mode = 'fails';
  stage = await start('old-hook');
});

afterAll(async () => {
  await stage.stop();
  await hook.close();
  await store.close();
});

it('an erased incident stays erased, whatever a running alerting stage remembers', async () => {
  const tokenHash = await find('erased-bank', 'e1');
  await expect.poll(triedAndWaiting, PATIENCE).toBe(1);
  const [incident] = await listIncidents(store.db);
  if (incident === undefined) throw new Error('there is an incident');
  const clock = { patience: 10_000, now: Date.now };
  const rounds: boolean[] = [];
  const subject = { kind: 'token', tokenHash } as const;
  const erasure = await eraseFromStore(store.db, 'erasure', subject, async (round) => {
    // What the stage writes between the first deletion and its forgetting, at the worst.
    if (round === 1) {
      await appendEvents(store.db, [
        {
          ...{ id: 'late', incidentId: incident.id, at: Date.now(), actor: 'program:alerting' },
          ...{ kind: 'notified', receiver: 'old-hook', delivery: 'x' },
        },
      ]);
    }
    const forgot = await forget(store.db, 'alerting', `erasure-${String(round)}`, clock);
    rounds.push(forgot);
    return forgot;
  });
  // Asked again, because something was there still when it read anew.
  expect(rounds.length).toBeGreaterThan(1);
  expect(rounds).not.toContain(false);
  expect(erasure.tables.map(({ table }) => table)).toEqual(
    expect.arrayContaining(['findings', 'incidents', 'incident_events', 'deliveries']),
  );
  // The message that waited would be due again by now: it is neither sent nor written down.
  hook.mode = 'takes';
  await find('living-bank', 'b2');
  await expect.poll(() => hook.taken.length, PATIENCE).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(hook.taken.map(({ body }) => body.includes('living-bank'))).toEqual([true]);
  expect((await listIncidents(store.db)).map(({ clientId }) => clientId)).toEqual(['living-bank']);
  const deliveries = await listDeliveries(store.db);
  expect(JSON.stringify(deliveries)).not.toContain('erased-bank');
  expect(deliveries).toHaveLength(1);
});

it('a receiver that was removed: what waits for it becomes a dead letter that says so, and is audited', async () => {
  hook.mode = 'fails';
  await find('unreached-bank', 'c3');
  await expect.poll(triedAndWaiting, PATIENCE).toBe(1);
  await stage.stop();
  hook.mode = 'takes';
  stage = await start('new-hook');
  const dead = async (): Promise<unknown[]> => listDeliveries(store.db, { states: ['dead'] });
  await expect
    .poll(dead, PATIENCE)
    .toMatchObject([{ receiver: 'old-hook', lastError: 'no receiver has this name any more' }]);
  const subject = `delivery:${(await listDeliveries(store.db, { states: ['dead'] }))[0]?.id ?? ''}`;
  const audited = async (): Promise<string[]> =>
    (await readAudit(store.db, { subject })).map(({ action }) => action);
  await expect.poll(audited, PATIENCE).toContain('delivery.dead');
  // Nothing is lost by it: the incident's news goes to the receiver that there is now.
  const told = (): boolean => hook.taken.some(({ body }) => body.includes('unreached-bank'));
  await expect.poll(told, PATIENCE).toBe(true);
});
