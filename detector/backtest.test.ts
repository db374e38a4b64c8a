import { detectorSchema } from '../config/detector.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../model/finding.ts';
import { insertTestCalls, seeded, tokenNamed } from '../test/support/call-rows.ts';
import type { TestCall } from '../test/support/call-rows.ts';
import { openTestStore } from '../test/support/test-store.ts';
import type { TestStore } from '../test/support/test-store.ts';
import { readSuccessions } from '../store/detection/lineage.ts';
import { writeStageState } from '../store/stage-state.ts';
import { createDetector } from './app.ts';
import { backtest, findingLine } from './backtest.ts';
import { prepareHours } from './train.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});

afterAll(async () => {
  await store.close();
});

const random = seeded(11);

/** Six tokens of two clients, a call every few minutes. */
function usual(from: number, to: number): TestCall[] {
  const calls: TestCall[] = [];
  for (let t = 0; t < 6; t += 1) {
    for (let time = from + random() * 5 * MINUTE; time < to; time += (2 + 6 * random()) * MINUTE) {
      calls.push(plain(t, time));
    }
  }
  return calls;
}

/** The seventh token is replaced by another one three days before the end. */
const ROTATED_MS = 3 * 24 * HOUR;
const NEW_TOKEN = tokenNamed('t6, rotated');

function rotated(from: number, to: number, end: number): TestCall[] {
  const turn = end - ROTATED_MS;
  const calls: TestCall[] = [];
  for (let time = from; time < to; time += (2 + 6 * random()) * MINUTE) {
    calls.push({ ...plain(6, time), ...(time < turn ? {} : { tokenHash: NEW_TOKEN }) });
  }
  return calls;
}

function plain(t: number, time: number): TestCall {
  return {
    time: Math.floor(time),
    tokenHash: tokenNamed(`t${String(t)}`),
    clientId: t < 3 ? 'acme' : 'beta',
    service: 'accounts',
    environment: 'production',
    tokenEnvironment: 'production',
    scope: random() < 0.7 ? 'accounts:read' : 'balances:read',
    method: 'GET',
    route: random() < 0.8 ? '/accounts/:id' : '/statements/:id',
    status: 200,
    userAgent: 'desk/1.0',
    country: t < 3 ? 'DE' : 'US',
    asn: 3320 + t,
    networkKind: 'hosting',
  };
}

function hostile(now: number): TestCall[] {
  const calls: TestCall[] = [];
  for (let i = 0; i < 400; i += 1) {
    calls.push({ ...plain(0, now - 20 * MINUTE + i * 700), route: '/statements/:id' });
  }
  calls.push({ ...plain(2, now - 12 * MINUTE), userAgent: 'desk/1.1', scope: 'cards:read' });
  // All of another client's tokens at once.
  for (let i = 0; i < 450; i += 1) calls.push(plain(3 + (i % 3), now - 30 * MINUTE + i * 700));
  for (let i = 0; i < 5; i += 1) {
    calls.push({ ...plain(1, now - 12 * MINUTE + i * 9_000), country: 'BR', asn: 28573 });
  }
  calls.push({ ...plain(4, now - 8 * MINUTE), scope: 'admin:write', route: '/admin' });
  calls.push({ ...plain(5, now - 5 * MINUTE), environment: 'staging' });
  for (let i = 0; i < 300; i += 1)
    calls.push({ ...plain(6, now - 18 * MINUTE + i * 900), tokenHash: NEW_TOKEN });
  return calls;
}

describe('backtest', () => {
  it('of an empty store finds nothing', async () => {
    expect(await backtest({ db: store.db })).toEqual({
      ...{ findings: 0, range: null, stored: null },
    });
  });

  it('gives the findings of a live run over the same calls, and changes nothing', async () => {
    // Calls that arrive as they happen: the live run steps through the arrivals.
    // The surge goes on across the turn of an hour, from three minutes before it.
    const now = Math.floor(Date.now() / HOUR) * HOUR - 43 * MINUTE;
    const live = now - 40 * MINUTE;
    await writeStageState(store.db, 'detector', 'cursor', live - MINUTE);
    const detector = createDetector({
      db: store.db,
      now: () => now,
      settings: detectorSchema.parse({}),
    });
    const begin = now - 12 * 24 * HOUR;
    await insertTestCalls(store.db, [...usual(begin, live), ...rotated(begin, live, now)]);
    const young = [...usual(live, now), ...rotated(live, now, now), ...hostile(now)];
    const recent = young.map((call) => ({
      ...call,
      ingestedAt: call.time,
    }));
    await insertTestCalls(store.db, recent);
    await detector.start();
    await detector.prepare();
    await detector.calibrate();
    // Rotations of a history that came all at once are found with the thresholds, and folded next.
    const hour = Math.floor(now / HOUR);
    const [link] = await readSuccessions(store.db, 0, hour);
    expect(link).toMatchObject({ tokenHash: NEW_TOKEN, predecessor: tokenNamed('t6') });
    await prepareHours(store.db, hour, Math.floor(live / HOUR));
    const seen: Finding[] = [];
    for (;;) {
      const result = await detector.tick();
      seen.push(...result.findings);
      if (result.behind === 0) break;
    }
    const counts = async (): Promise<unknown> =>
      store.db.query(
        `SELECT (SELECT count() FROM tokenwatch.findings) AS f,
           (SELECT count() FROM tokenwatch.raised FINAL) AS r,
           (SELECT count() FROM tokenwatch.surprises FINAL) AS s,
           (SELECT count() FROM tokenwatch.volume_profile FINAL) AS p`,
      );
    const before = await counts();
    const tested: Finding[] = [];
    const result = await backtest({
      db: store.db,
      from: live,
      to: now,
      onFinding: (finding) => {
        tested.push(finding);
      },
    });
    expect(result.findings).toBe(tested.length);
    const key = (finding: Finding): string =>
      `${finding.detection} ${finding.tokenHash || finding.clientId} ${finding.evidence.value ?? ''} ${finding.id}`;
    const recently = seen.filter((finding) => finding.windowEnd > live);
    expect(tested.map(key).sort()).toEqual(recently.map(key).sort());
    expect(new Set(tested.map((finding) => finding.detection))).toContain('environment.mismatch');
    expect(new Set(tested.map((finding) => finding.detection))).toContain('volume.surge');
    const [shift] = tested.filter((finding) => finding.detection === 'scope.mix-shift');
    expect(shift).toMatchObject({
      tokenHash: tokenNamed('t0'),
      evidence: { value: 'GET /statements/:id', usual: expect.stringMatching(/^[12]\d%$/) },
    });
    const heirs = tested.filter((finding) => finding.tokenHash === NEW_TOKEN);
    const surge = heirs.find((finding) => finding.detection === 'volume.surge');
    expect(surge?.evidence.unknown ?? []).toEqual([]);
    const explained = (some: Finding[]) => some.map((one) => one.explanation).sort();
    expect(explained(heirs)).toEqual(
      explained(recently.filter((finding) => finding.tokenHash === NEW_TOKEN)),
    );
    const released = tested.filter((finding) => finding.tokenHash === tokenNamed('t2'));
    expect(released.map((finding) => finding.explanation).join()).toMatch(/released anew/);
    const clients = tested.filter((finding) => finding.detection === 'volume.client-surge');
    // One token's surge is not its client's.
    expect(new Set(clients.map((finding) => finding.clientId))).toEqual(new Set(['beta']));
    expect(new Set(tested.map((finding) => finding.detection))).toContain('geography.new-country');
    expect(await counts()).toEqual(before);
    // Slices of few tokens find the same, for thresholds are learnt from a sample that is everybody.
    const sliced: Finding[] = [];
    await backtest({
      ...{ db: store.db, from: live, to: now, most: { tokens: 2, sample: 100 } },
      onFinding: (finding) => {
        sliced.push(finding);
      },
    });
    expect(sliced.map(key).sort()).toEqual(tested.map(key).sort());
    const hours = sliced.map((finding) => Math.floor(finding.windowEnd / HOUR));
    expect(hours).toEqual(hours.toSorted((a, b) => a - b));
  }, 240_000);

  it('runs only the detections asked for and dates findings by the call that tipped the scales', async () => {
    const found: Finding[] = [];
    await backtest({
      db: store.db,
      detections: ['volume.surge'],
      from: Date.now() - 3 * HOUR,
      onFinding: (finding) => {
        found.push(finding);
      },
    });
    expect(new Set(found.map((finding) => finding.detection))).toEqual(new Set(['volume.surge']));
    const [first] = found;
    expect(first?.detectedAt).toBeLessThan((first?.windowEnd ?? 0) + 1000);
    const line = JSON.parse(findingLine(first as Finding)) as Record<string, unknown>;
    expect(Object.keys(line)).toEqual([
      'time',
      'detection',
      'severity',
      'score',
      'token_hash',
      'client',
      'window_start',
      'window_end',
      'explanation',
      'evidence',
    ]);
  });
});
