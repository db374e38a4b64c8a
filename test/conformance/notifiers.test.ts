import { generateKeyPairSync } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NOTIFIERS, createNotifier } from '../../alerting/registry.ts';
import type { Attempt, Notifier, Outcome } from '../../alerting/notifier.ts';
import { receiverSchema } from '../../config/receivers.ts';
import { MORNING } from '../support/finding.ts';
import { noticeOf } from '../support/notice.ts';
import { startFaultyHttp, startFaultySmtp } from './faulty-servers.ts';
import type { FaultyServer, Mode } from './faulty-servers.ts';

/** Planted in every secret: it must not come back in any outcome. */
const PLANTED = 'PLANTED-SECRET';
const KEY = `whsec_${Buffer.from(`${PLANTED}-0123456789abcdef`).toString('base64')}`;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

const json = (status: number, body: object): { status: number; body: string } => ({
  status,
  body: JSON.stringify(body),
});
const plain = { success: json(202, {}), refusal: json(403, { error: PLANTED }) };
const slackAnswers = {
  success: json(200, { ok: true, ts: '1.000001', channel: 'C1' }),
  refusal: json(200, { ok: false, error: 'channel_not_found' }),
};

interface World {
  type: keyof typeof NOTIFIERS;
  start: () => Promise<FaultyServer>;
  receiver: (port: number) => Record<string, unknown>;
  /** The protocol can say when to come back. */
  tellsWhen: boolean;
}

const local = (port: number): Record<string, unknown> => ({
  url: `http://127.0.0.1:${String(port)}/${PLANTED}`,
  allow_private_network: true,
});

const WORLDS: World[] = [
  {
    type: 'slack',
    start: async () => startFaultyHttp(slackAnswers),
    receiver: (port) => ({
      channel: 'C1',
      token: `xoxb-${PLANTED}`,
      api_url: `http://127.0.0.1:${String(port)}/api/`,
    }),
    tellsWhen: true,
  },
  {
    type: 'email',
    start: startFaultySmtp,
    receiver: (port) => ({
      host: '127.0.0.1',
      port,
      tls: 'none',
      from: 'a@b.example',
      to: ['oncall@bank.example'],
      timeout: '400ms',
    }),
    tellsWhen: false,
  },
  {
    type: 'webhook',
    start: async () => startFaultyHttp(plain),
    receiver: (port) => ({ ...local(port), secrets: [KEY] }),
    tellsWhen: true,
  },
  {
    type: 'template',
    start: async () => startFaultyHttp(plain),
    receiver: (port) => ({
      ...local(port),
      authorization: `GenieKey ${PLANTED}`,
      body: '{"message":"{{headline}}"}',
    }),
    tellsWhen: true,
  },
  {
    type: 'pagerduty',
    start: async () => startFaultyHttp(plain),
    receiver: (port) => ({
      ...{
        routing_key: PLANTED,
        api_url: `http://127.0.0.1:${String(port)}`,
        allow_private_network: true,
      },
    }),
    tellsWhen: true,
  },
  {
    type: 'revocation',
    start: async () => startFaultyHttp(plain),
    receiver: (port) => ({ ...local(port), secrets: [KEY] }),
    tellsWhen: true,
  },
  {
    type: 'caep',
    start: async () => startFaultyHttp(plain),
    receiver: (port) => ({
      ...{
        ...local(port),
        issuer: 'https://tokenwatch.example',
        audience: 'https://issuer.example',
      },
      ...{ signing_key: PEM, key_id: 'k1', token: PLANTED },
    }),
    tellsWhen: true,
  },
];

function notifierOn(world: World, port: number): Notifier {
  const receiver = receiverSchema.parse({ type: world.type, ...world.receiver(port) });
  return createNotifier('tried', receiver, false);
}

function attempt(change: Partial<Attempt> = {}): Attempt {
  return {
    ...{ id: 'dlv_1', notice: noticeOf(), thread: '', number: 1, uncertain: false },
    ...{ at: MORNING, queuedAt: MORNING, signal: AbortSignal.timeout(400) },
    ...change,
  };
}

it('every notifier is tried', () => {
  expect(WORLDS.map((world) => world.type).sort()).toEqual(Object.keys(NOTIFIERS).sort());
});

describe.each(WORLDS)('the notifier $type', (world) => {
  let server: FaultyServer;
  let notifier: Notifier;
  const outcomes: Outcome[] = [];

  async function send(mode: Mode, change: Partial<Attempt> = {}): Promise<Outcome> {
    server.mode = mode;
    const outcome = await notifier.send(attempt(change));
    outcomes.push(outcome);
    return outcome;
  }

  beforeAll(async () => {
    server = await world.start();
    notifier = notifierOn(world, server.port);
  });

  beforeEach(() => {
    server.taken.splice(0);
  });

  afterAll(async () => {
    await notifier.close();
    await server.close();
  });

  it('sends once and says what the receiver calls it', async () => {
    const outcome = await send('takes');
    expect(outcome).toMatchObject({ kind: 'sent', ref: expect.stringMatching(/./) });
    expect(server.taken).toHaveLength(1);
  });

  it('sends the same content under the same id on another attempt', async () => {
    await send('takes');
    await send('takes', { number: 2, at: MORNING + 60_000 });
    const [first, second] = server.taken;
    const id = first?.headers['webhook-id'] ?? first?.headers['idempotency-key'];
    expect(second?.headers['webhook-id'] ?? second?.headers['idempotency-key']).toBe(id);
    if (id !== undefined) expect(second?.body).toBe(first?.body);
  });

  it.each(['fails', 'hangs up'] as const)(
    'asks for another attempt when the receiver %s',
    async (mode) => {
      expect((await send(mode)).kind).toBe('retry');
    },
  );

  it.each(['never answers', 'trickles'] as const)(
    'gives up in time when the receiver %s',
    async (mode) => {
      const five = [1, 2, 3, 4, 5];
      for (let round = 0; round < 3; round += 1) {
        const begun = Date.now();
        const tries = await Promise.all(five.map(async () => send(mode)));
        expect(tries.map((outcome) => outcome.kind)).toEqual(five.map(() => 'retry'));
        expect(Date.now() - begun).toBeLessThan(1_500);
      }
      // A pool may keep fresh connections in hand; the fifteen that hung must be gone.
      await expect.poll(() => server.open(), { timeout: 4_000 }).toBeLessThanOrEqual(five.length);
    },
  );

  it('ends at once when it is cancelled', async () => {
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(), 50);
    const begun = Date.now();
    expect((await send('never answers', { signal: cancel.signal })).kind).toBe('retry');
    expect(Date.now() - begun).toBeLessThan(350);
  });

  it('says that it was refused when no attempt will ever succeed', async () => {
    expect((await send('refuses')).kind).toBe('refused');
  });

  it('asks for another attempt when nobody listens', async () => {
    const gone = await world.start();
    await gone.close();
    const outcome = await notifierOn(world, gone.port).send(attempt());
    outcomes.push(outcome);
    expect(outcome.kind).toBe('retry');
  });

  it.runIf(world.tellsWhen)('hands on when the receiver says to come back', async () => {
    expect(await send('busy')).toMatchObject({ kind: 'retry', afterMs: 7_000 });
  });

  it.runIf(world.tellsWhen)('follows no redirect', async () => {
    expect((await send('redirects')).kind).not.toBe('sent');
  });

  it('tells no secret and no address in any of that', () => {
    const said = JSON.stringify(outcomes.filter((outcome) => outcome.kind !== 'sent'));
    expect(said).not.toContain(PLANTED);
    expect(said).not.toContain('127.0.0.1');
    expect(said).not.toContain('oncall@');
    expect(outcomes.length).toBeGreaterThan(8);
  });
});

describe('signatures', () => {
  it('are made with both keys while they rotate, and a changed body does not verify', async () => {
    const server = await startFaultyHttp(plain);
    const old = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    const receiver = receiverSchema.parse({
      type: 'webhook',
      ...local(server.port),
      secrets: [KEY, old],
    });
    await createNotifier('tried', receiver, false).send(attempt({ at: Date.now() }));
    const [taken] = server.taken;
    const headers = taken?.headers as Record<string, string>;
    for (const key of [KEY, old]) {
      expect(new Webhook(key).verify(taken?.body ?? '', headers)).toMatchObject({
        class_uid: 2004,
        type_uid: 200401,
      });
    }
    expect(() => new Webhook(KEY).verify(`${taken?.body ?? ''} `, headers)).toThrow();
    await server.close();
  });
});

describe('the address guard', () => {
  it.each([
    'http://127.0.0.1:9/',
    'http://[::1]:9/',
    'http://169.254.169.254/latest',
    'http://10.0.0.1/',
    'http://localhost:9/',
    'http://[::ffff:10.0.0.1]/',
    'http://0.0.0.0/',
    'http://2130706433/',
  ])('refuses %s unless it is allowed', async (url) => {
    const receiver = receiverSchema.parse({ type: 'webhook', url, secrets: [KEY] });
    expect(await createNotifier('tried', receiver, false).send(attempt())).toEqual({
      ...{ kind: 'refused', why: 'the URL leads to a private address' },
    });
  });
});
