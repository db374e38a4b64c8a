import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WHAT_IF_WAITING } from '../model/what-if.ts';
import { appendWhatIfStep } from '../store/what-if/questions.ts';
import { readDetectionSettings } from '../store/what-if/settings.ts';
import { EXAMPLES, seedConsole } from '../test/support/console-seed.ts';
import { openTestConsole } from '../test/support/test-console.ts';
import type { TestConsole } from '../test/support/test-console.ts';

let test: TestConsole;
let ids: string[];
const detection = 'geography.new-country';

beforeAll(async () => {
  test = await openTestConsole();
  ({ ids } = await seedConsole(test.store.db, { now: Date.now() }));
});

afterAll(async () => {
  await test.close();
});

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object) {
  const answer = await test.app.inject({
    ...{ method, url: `/api/v1${url}`, headers: test.admin },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

describe('what if', () => {
  const question = { detection, parameters: { bits: 20 }, days: 3 };

  it('is asked, followed and answered', async () => {
    const asked = await call('POST', '/what-if', question);
    expect(asked).toMatchObject({
      status: 200,
      body: { ...question, state: 'waiting', result: null },
    });
    const id = asked.body.id as string;
    await appendWhatIfStep(test.store.db, id, { kind: 'started', attempt: 1 });
    await appendWhatIfStep(test.store.db, id, { kind: 'progress', share: 0.4 });
    expect((await call('GET', `/what-if/${id}`)).body).toMatchObject({
      state: 'running',
      share: 0.4,
    });
    const counts = { before: 4, after: 3, kept: 3, changed: 0, gainedTotal: 0, lostTotal: 1 };
    const result = { from: 1_000, to: 2_000, ...counts, gained: [], lost: [] };
    await appendWhatIfStep(test.store.db, id, { kind: 'done', result });
    const done = await call('GET', `/what-if/${id}`);
    expect(done.body).toMatchObject({ state: 'done', result: { before: 4, lost_total: 1 } });
    expect((await call('DELETE', `/what-if/${id}`)).status).toBe(409);
    expect((await call('GET', '/what-if')).body.questions).toHaveLength(1);
    expect((await call('GET', '/what-if/nothing')).status).toBe(404);
  });

  it.each([
    ['an unknown detection', { detection: 'no.such', parameters: {} }, 404],
    ['a parameter that it has not', { detection, parameters: { constructor: 1 } }, 400],
    ['a number far off', { detection, parameters: { bits: 1e9 } }, 400],
    ['more days than can be looked at', { detection, parameters: {}, days: 400 }, 400],
  ])('refuses %s', async (_what, payload, status) => {
    expect((await call('POST', '/what-if', payload)).status).toBe(status);
  });

  it('lets few wait, and any be cancelled', async () => {
    for (let n = 0; n < WHAT_IF_WAITING; n += 1) {
      expect((await call('POST', '/what-if', question)).status).toBe(200);
    }
    expect((await call('POST', '/what-if', question)).status).toBe(429);
    const [latest] = (await call('GET', '/what-if')).body.questions as { id: string }[];
    expect((await call('DELETE', `/what-if/${latest?.id ?? ''}`)).body.state).toBe('cancelled');
    expect((await call('POST', '/what-if', question)).status).toBe(200);
  });
});

describe('parameters', () => {
  it('are set with a reason, kept in the audit, and taken back', async () => {
    const url = `/detections/${detection}/parameters`;
    const said = { parameters: { bits: 18 }, reason: 'many travellers' };
    expect((await call('PUT', url, said)).status).toBe(200);
    expect((await call('GET', '/detection-settings')).body.settings).toMatchObject([
      { detection, ...said },
    ]);
    const { body } = await call('GET', '/audit?action=detection.parameters');
    expect(body.entries).toMatchObject([{ subject: `detection:${detection}`, detail: said }]);
    test.clock.at += 10;
    expect((await call('PUT', url, { parameters: {} })).status).toBe(200);
    expect(await readDetectionSettings(test.store.db)).toMatchObject([{ parameters: {} }]);
    expect((await call('PUT', url, { parameters: { nothing: 1 } })).status).toBe(400);
  });
});

describe('around an incident', () => {
  it('are those of the same token, client or kind', async () => {
    const { body } = await call('GET', `/incidents/${ids[1] ?? ''}/related`);
    const ties = (body.related as { tie: string; incident: { id: string } }[]).map(
      ({ tie }) => tie,
    );
    expect(ties.every((tie) => tie === 'client' || tie === 'kind')).toBe(true);
    expect((await call('GET', '/incidents/nothing/related')).status).toBe(404);
  });

  it('are the places that its calls came from, before and during', async () => {
    const { body } = await call('GET', `/incidents/${ids[1] ?? ''}/places`);
    const countries = (places: unknown): string[] =>
      (places as { country: string }[]).map(({ country }) => country).sort();
    expect(countries(body.before)).toEqual(['DE', 'FR']);
    expect(countries(body.during)).toEqual(['BR']);
  });

  it('is what cutting off the client would hit', async () => {
    const { body } = await call('GET', `/clients/${EXAMPLES[0]?.clientId ?? ''}/reach`);
    expect(body).toMatchObject({ live_tokens: 1, services: ['payments'] });
    expect(body.calls_per_day).toBeGreaterThan(100);
  });
});
