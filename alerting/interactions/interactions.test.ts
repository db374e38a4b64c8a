import { createHmac } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../config/logger.ts';
import { Secret } from '../../config/secret.ts';
import { correlate } from '../../model/correlate.ts';
import { openAudit } from '../../store/audit/audit.ts';
import { readAudit } from '../../store/audit/entries.ts';
import { appendEvents, readEvents, readIncident } from '../../store/incidents/events.ts';
import { readRevocationStop } from '../../store/responses/stop.ts';
import { listSilences } from '../../store/silences/silences.ts';
import { MORNING, findingOf } from '../../test/support/finding.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { createInteractions } from './app.ts';

const SECRET = 'a signing secret for tests';
let store: TestStore;
let app: FastifyInstance;
let incident: string;
let clock = MORNING + 600_000;

function body(action: string, value: string, user = 'U0ADA'): string {
  const payload = {
    type: 'block_actions',
    user: { id: user },
    actions: [{ action_id: action, value }],
  };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

function headersFor(text: string, at = clock, secret = SECRET): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const mac = createHmac('sha256', secret).update(`v0:${timestamp}:${text}`).digest('hex');
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${mac}`,
  };
}

async function send(text: string, headers: Record<string, string>): Promise<number> {
  const answer = await app.inject({
    method: 'POST',
    url: '/slack/interactions',
    payload: text,
    headers,
  });
  return answer.statusCode;
}

async function press(action: string, user?: string): Promise<number> {
  clock += 1_000;
  const text = body(action, incident, user);
  return send(text, headersFor(text));
}

beforeAll(async () => {
  store = await openTestStore();
  const { db } = store;
  const [opened] = await appendEvents(
    db,
    correlate(null, findingOf(), { reopenWithin: 1, falsePositiveFor: 1 }),
  );
  incident = opened?.id ?? '';
  app = open();
});

/** The app as a fresh process has it: it remembers no request. */
function open(): FastifyInstance {
  const { db } = store;
  return createInteractions({
    db,
    config: {
      host: '127.0.0.1',
      port: 0,
      signing_secrets: [new Secret(SECRET)],
      users: ['U0ADA', 'U0BOB'],
      people: { U0BOB: 'bob' },
    },
    audit: openAudit({ db, stage: 'slack', now: () => clock }),
    log: createLogger('test', 'silent'),
    now: () => clock,
  });
}

afterAll(async () => {
  await app.close();
  await store.close();
});

describe('Slack buttons', () => {
  it('change the incident in the name of who pressed, within three seconds', async () => {
    const begun = Date.now();
    expect(await press('acknowledge')).toBe(200);
    expect(Date.now() - begun).toBeLessThan(3_000);
    expect(await readIncident(store.db, incident)).toMatchObject({
      ...{ status: 'acknowledged', assignee: 'slack:U0ADA' },
    });
    expect(await press('silence')).toBe(200);
    const [silence] = await listSilences(store.db, clock);
    // What is high now may not become critical unheard.
    expect(silence).toMatchObject({
      owner: 'slack:U0ADA',
      match: { token: 'a1'.repeat(32), severity: ['low', 'medium', 'high'] },
    });
    expect(await press('revoke')).toBe(200);
    expect((await readIncident(store.db, incident))?.response).toBe('requested');
    expect(await press('revoke', 'U0BOB')).toBe(200);
    expect((await readIncident(store.db, incident))?.response).toBe('approved');
    const events = await readEvents(store.db, incident);
    const steps = events.filter(({ kind }) => kind.startsWith('response_'));
    expect(steps.map(({ actor }) => actor)).toEqual(['slack:U0ADA', 'person:bob']);
  });

  it('stop all revocations at one press, whatever the incident has come to', async () => {
    expect((await readRevocationStop(store.db)).stopped).toBe(false);
    expect(await press('stop', 'U0BOB')).toBe(200);
    expect(await readRevocationStop(store.db)).toMatchObject({
      ...{ stopped: true, by: 'person:bob', at: clock },
    });
    const entries = await readAudit(store.db, { action: 'revocation.stopped' });
    expect(entries.map(({ actor }) => actor)).toEqual(['person:bob']);
  });

  it('do nothing more when a request is replayed to a process that was started since', async () => {
    clock += 1_000;
    const text = body('silence', incident);
    const headers = headersFor(text);
    expect(await send(text, headers)).toBe(200);
    const before = await readIncident(store.db, incident);
    const silences = (await listSilences(store.db, clock)).length;
    await app.close();
    app = open();
    clock += 1_000;
    expect(await send(text, headers)).toBe(200);
    expect(await readIncident(store.db, incident)).toEqual(before);
    expect(await listSilences(store.db, clock)).toHaveLength(silences);
  });

  it('are refused and recorded when forged, stale, replayed, unsigned or not allowed', async () => {
    const before = await readIncident(store.db, incident);
    const text = body('resolve', incident);
    expect(await send(text, headersFor(text, clock, 'another secret'))).toBe(401);
    expect(await send(`${text}&x=1`, headersFor(text))).toBe(401);
    expect(await send(text, headersFor(text, clock - 301_000))).toBe(401);
    expect(await send(text, headersFor(text, clock + 301_000))).toBe(401);
    const { 'x-slack-signature': _signature, ...unsigned } = headersFor(text);
    expect(await send(text, unsigned)).toBe(401);
    expect(await press('resolve', 'U0EVE')).toBe(403);
    expect(await readIncident(store.db, incident)).toEqual(before);
    expect(await send(text, headersFor(text))).toBe(200);
    expect(await send(text, headersFor(text))).toBe(401);
    await expect
      .poll(async () =>
        (await readAudit(store.db, { action: 'slack.refused' }))
          .map((one) => one.detail['why'])
          .sort(),
      )
      .toEqual([
        'forged',
        'forged',
        'not allowed to press buttons',
        'replayed',
        'stale',
        'stale',
        'unsigned',
      ]);
    expect((await readIncident(store.db, incident))?.status).toBe('resolved');
  });

  it('of unknown kinds, incidents and shapes change nothing', async () => {
    for (const text of [
      '',
      'payload=%7B',
      body('drop_tables', incident),
      body('resolve', '../../etc'),
    ]) {
      clock += 1_000;
      expect(await send(text, headersFor(text))).toBe(400);
    }
    clock += 1_000;
    const unknown = body('resolve', '0'.repeat(20));
    expect(await send(unknown, headersFor(unknown))).toBe(200);
  });
});
