import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger } from '../config/logger.ts';
import { dataDirSecret } from '../config/pepper.ts';
import { hashToken } from '../model/hash.ts';
import { startOtlpReceiver } from '../test/instrumentation/otlp-receiver.ts';
import type { OtlpReceiver } from '../test/instrumentation/otlp-receiver.ts';
import { castOf } from './cast.ts';
import type { Actor } from './cast.ts';
import { Issuer } from './issuer.ts';
import { startDemo } from './main.ts';
import type { Demo } from './main.ts';
import { objectId, OPERATIONS, pathOf } from './operations.ts';
import { createStandIns } from './stand-ins/stand-ins.ts';
import type { StandIns } from './stand-ins/stand-ins.ts';
import { loadState, saveState } from './state.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'tokenwatch-containment-'));
const EPOCH = Date.now() - 600_000;
const PEPPER = 'a-pepper-of-the-test-installation';
let receiver: OtlpReceiver;
let standIns: StandIns;
let demo: Demo;

async function until<Found>(find: () => Found | undefined): Promise<Found> {
  for (;;) {
    const found = find();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The signed demand, as alerting sends it. */
async function revoke(hash: string, tokenId: string, client: string): Promise<void> {
  const id = randomUUID();
  const at = new Date();
  const detail = { token_hash: hash, token_id: tokenId, client };
  const body = JSON.stringify({
    type: 'token.revocation_requested',
    data: { ...detail, reason: 'a test', incident: 'none', approved_by: 'the test' },
  });
  const response = await fetch(standIns.issuer.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(standIns.issuer.secret).sign(id, at, body),
    },
    body,
  });
  expect(response.status).toBe(202);
}

function start(issuerUrl?: string): Promise<Demo> {
  return startDemo({
    ...{ collectorUrl: receiver.url, pepper: PEPPER, dataDir, seed: 1, speed: 1 },
    ...(issuerUrl === undefined ? {} : { issuerUrl }),
    log: createLogger('demo', 'silent'),
    terminal: new PassThrough().resume(),
  });
}

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  standIns = await createStandIns();
  const state = { seed: 1, epoch: EPOCH, reportedUntil: Date.now() - 60_000 };
  saveState(dataDir, { ...state, revoked: [], renewals: {} });
  demo = await start(standIns.issuer.address);
}, 60_000);

afterAll(async () => {
  await demo.stop();
  await standIns.stop();
  await receiver.stop();
  rmSync(dataDir, { recursive: true });
});

test('a revoked token is dead within two seconds, and stays so after a restart', async () => {
  const [mine, another] = castOf(1, EPOCH).filter(
    ({ plan }) => plan.role.mix.balance !== undefined,
  );
  if (mine === undefined || another === undefined) throw new Error('an empty cast');
  const issuer = new Issuer(dataDirSecret(dataDir, 'demo-issuer-key').reveal(), [
    mine.grant,
    another.grant,
  ]);
  const token = await issuer.mint(mine.grant);
  const statusOf = async (actor: Actor) => {
    const path = pathOf(OPERATIONS.balance, objectId(actor.clientIndex, 1));
    const url = demo.urls['accounts production'] ?? '';
    const raw = await issuer.mint(actor.grant);
    const { kind } = actor.grant;
    const headers: Record<string, string> =
      kind === 'jwt' ? { authorization: `Bearer ${raw}` } : { 'x-api-key': raw };
    return (await fetch(url + path, { headers })).status;
  };
  expect(await statusOf(mine)).toBe(200);
  const hash = hashToken(PEPPER, token);
  await revoke(hash, mine.grant.id, mine.grant.clientId);
  const revokedAt = Date.now();
  while ((await statusOf(mine)) !== 401) {
    expect(Date.now() - revokedAt).toBeLessThan(5_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect(await statusOf(another)).toBe(200);
  const span = await until(() =>
    receiver.spans.find(
      ({ attributes }) =>
        attributes['tokenwatch.token.hash'] === hash &&
        attributes['http.response.status_code'] === 401,
    ),
  );
  expect(span.attributes['tokenwatch.auth.result']).toBe('rejected');
  expect(loadState(dataDir, 1, Date.now()).revoked).toEqual([hash]);
  await demo.stop();
  // This time the issuer is not asked at all: what it said is remembered.
  demo = await start();
  expect(await statusOf(mine)).toBe(401);
  expect(await statusOf(another)).toBe(200);
}, 60_000);
