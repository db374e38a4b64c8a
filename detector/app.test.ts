import { detectorSchema } from '../config/detector.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../model/finding.ts';
import { readFindings } from '../store/findings/findings.ts';
import { insertTestCalls, seeded, tokenNamed } from '../test/support/call-rows.ts';
import type { TestCall } from '../test/support/call-rows.ts';
import { openTestStore } from '../test/support/test-store.ts';
import type { TestStore } from '../test/support/test-store.ts';
import { createDetector } from './app.ts';
import type { Detector } from './app.ts';

const HOUR = 3_600_000;
const CLIENTS = 8;
const TOKENS = 5;

let store: TestStore;
let detector: Detector;

interface Holder {
  client: string;
  name: string;
  country: string;
  asn: number;
  scopes: string[];
  perHour: number;
}

/** Eight clients with five tokens each: three reading, one paying, one reporting. */
function holders(): Holder[] {
  const all: Holder[] = [];
  for (let c = 0; c < CLIENTS; c += 1) {
    for (let t = 0; t < TOKENS; t += 1) {
      all.push({
        client: `client-${String(c)}`,
        name: `client-${String(c)}/token-${String(t)}`,
        country: c % 3 === 0 ? 'DE' : c % 3 === 1 ? 'GB' : 'FR',
        asn: 3000 + c,
        scopes: t === 3 ? ['accounts:read', 'payments:write'] : ['accounts:read', 'balances:read'],
        perHour: [2, 6, 15, 30, 60][t] ?? 5,
      });
    }
  }
  return all;
}

function callOf(holder: Holder, time: number, random: () => number): TestCall {
  const scope = holder.scopes[random() < 0.8 ? 0 : 1] ?? '';
  return {
    time,
    tokenHash: tokenNamed(holder.name),
    clientId: holder.client,
    service: 'accounts',
    environment: 'production',
    tokenEnvironment: 'production',
    scope,
    method: 'GET',
    route: `/${scope.split(':')[0] ?? ''}/:id`,
    status: 200,
    country: holder.country,
    asn: holder.asn,
    networkKind: 'hosting',
    traceId: Math.floor(random() * 2 ** 50)
      .toString(16)
      .padStart(32, '0'),
  };
}

function history(now: number, random: () => number): TestCall[] {
  const calls: TestCall[] = [];
  for (const holder of holders()) {
    for (let hour = now - 14 * 24 * HOUR; hour < now - 60_000; hour += HOUR) {
      const clock = new Date(hour).getUTCHours();
      const rhythm = clock >= 8 && clock < 18 ? 1.6 : 0.6;
      const n = Math.round(holder.perHour * rhythm * (0.6 + 0.8 * random()));
      for (let i = 0; i < n; i += 1) {
        const time = hour + random() * HOUR;
        if (time < now) calls.push(callOf(holder, time, random));
      }
    }
  }
  return calls;
}

async function look(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (;;) {
    const result = await detector.tick();
    findings.push(...result.findings);
    if (result.behind === 0) return findings;
  }
}

const random = seeded(7);
const someone = (index: number): Holder => holders()[index] as Holder;

beforeAll(async () => {
  store = await openTestStore();
  detector = createDetector({ db: store.db, now: Date.now, settings: detectorSchema.parse({}) });
  await detector.start();
  await insertTestCalls(store.db, history(Date.now(), random));
  await detector.prepare();
  await detector.calibrate();
});

afterAll(async () => {
  await store.close();
});

describe('the detector on a back-dated fortnight and live calls', () => {
  it('raises nothing about history, whatever is in it', async () => {
    expect(await look()).toEqual([]);
  });

  it('draws an expected band for every token and client', async () => {
    const rows = await store.db.query<{ entity: string; n: number; odd: number }>(
      `SELECT entity, uniqExact(entity_key) AS n,
         countIf(NOT (low <= expected AND expected <= high)) AS odd
       FROM tokenwatch.volume_profile FINAL GROUP BY entity ORDER BY entity`,
    );
    expect(rows).toEqual([
      { entity: 'token', n: 40, odd: 0 },
      { entity: 'client', n: 8, odd: 0 },
      { entity: 'new', n: 8, odd: 0 },
    ]);
  });

  it('stays quiet about usual calls', async () => {
    const now = Date.now();
    const calls = holders().flatMap((holder) =>
      [1, 2].map(() => callOf(holder, now - random() * 30_000, random)),
    );
    await insertTestCalls(store.db, calls);
    expect(await look()).toEqual([]);
  });

  it('notices a stolen token in another country, with the reason', async () => {
    const holder = someone(7);
    const now = Date.now();
    const stolen = [0, 1, 2].map((i) => ({
      ...callOf(holder, now - 900 + i * 300, random),
      country: 'SG',
      asn: 16509,
    }));
    await insertTestCalls(store.db, stolen);
    const findings = await look();
    const found = findings.find((one) => one.detection === 'geography.new-country');
    expect(found).toMatchObject({
      tokenHash: tokenNamed(holder.name),
      clientId: holder.client,
      service: 'accounts',
      environment: 'production',
      calls: 3,
      firstCallAt: Math.round(stolen[0]?.time ?? 0),
    });
    expect(found?.explanation).toContain('Singapore (SG)');
    expect(found?.explanation).toContain('usual is United Kingdom (GB)');
    expect(found?.evidence.traceIds).toHaveLength(3);
    expect(new Set(findings.map((one) => one.tokenHash))).toEqual(
      new Set([tokenNamed(holder.name)]),
    );
  });

  it('notices an exfiltration within seconds and tells it once', async () => {
    const holder = someone(2);
    const now = Date.now();
    const burst = Array.from({ length: 300 }, (_, i) => callOf(holder, now - i * 50, random));
    await insertTestCalls(store.db, burst);
    const findings = await look();
    const found = findings.find((one) => one.detection === 'volume.surge');
    expect(found?.tokenHash).toBe(tokenNamed(holder.name));
    expect(found?.explanation).toMatch(
      /^\d[\d,]* calls in \S+ \S+; usual at this hour \d+–\d+;.* would have stayed quiet up to \d+\./,
    );
    expect(found?.score).toBeGreaterThan(50);
    expect(await look()).toEqual([]);
  });

  it('notices the first use of a scope and use beyond the grant', async () => {
    const first = someone(11);
    const beyond = someone(16);
    const now = Date.now();
    await insertTestCalls(store.db, [
      { ...callOf(first, now - 200, random), scope: 'exports:write', route: '/exports' },
      {
        ...callOf(beyond, now - 100, random),
        scope: 'admin:write',
        route: '/admin/users',
        grantedScopes: ['accounts:read', 'balances:read'],
      },
    ]);
    const found = (await look()).filter((one) => one.family === 'scope');
    const of = (name: string): string[] =>
      found.filter((one) => one.tokenHash === tokenNamed(name)).map((one) => one.detection);
    expect(of(first.name)).toContain('scope.first-use');
    expect(of(beyond.name)).toContain('scope.beyond-grant');
  });

  it('notices a staging token in production at its first call, once', async () => {
    const holder = someone(20);
    const call = (): TestCall => ({
      ...callOf(holder, Date.now() - 50, random),
      tokenHash: tokenNamed('a staging token'),
      tokenEnvironment: 'staging',
    });
    await insertTestCalls(store.db, [call()]);
    const [found, ...others] = (await look()).filter((one) => one.family === 'environment');
    expect(others).toEqual([]);
    expect(found).toMatchObject({ detection: 'environment.mismatch', severity: 'critical' });
    await insertTestCalls(store.db, [call()]);
    expect((await look()).filter((one) => one.family === 'environment')).toEqual([]);
  });

  it('notices one token in two places by turns', async () => {
    const holder = someone(28);
    const now = Date.now();
    const turns = Array.from({ length: 8 }, (_, i) => ({
      ...callOf(holder, now - 8_000 + i * 1000, random),
      country: i % 2 === 0 ? holder.country : 'BR',
    }));
    await insertTestCalls(store.db, turns);
    const detections = (await look())
      .filter((one) => one.tokenHash === tokenNamed(holder.name))
      .map((one) => one.detection);
    expect(detections).toContain('geography.impossible-travel');
  });

  it('repeats nothing after a restart and keeps what it found', async () => {
    const before = await readFindings(store.db, { limit: 500 });
    const again = createDetector({
      db: store.db,
      now: Date.now,
      settings: detectorSchema.parse({}),
    });
    await again.start();
    await again.prepare();
    expect((await again.tick()).findings).toEqual([]);
    expect(await readFindings(store.db, { limit: 500 })).toHaveLength(before.length);
  });

  it('survives odd calls: one call, unknown countries, no client, wrong clocks', async () => {
    const now = Date.now();
    const odd: TestCall[] = [
      { time: now, tokenHash: tokenNamed('one call') },
      { time: now, tokenHash: tokenNamed('odd country'), country: 'ZZ', clientId: 'x' },
      { time: now + 240_000, tokenHash: tokenNamed('early'), country: 'DE', clientId: 'x' },
      { time: now - 30 * 60_000, tokenHash: tokenNamed('late'), country: 'DE', clientId: 'x' },
      { time: now - 400 * 24 * HOUR, tokenHash: tokenNamed('ancient'), clientId: "o'brien" },
    ];
    await insertTestCalls(store.db, odd);
    const findings = await look();
    for (const finding of findings) {
      expect(Number.isFinite(finding.bits) && Number.isFinite(finding.score)).toBe(true);
    }
    await detector.prepare();
    const [row] = await store.db.query<{ odd: number }>(
      `SELECT countIf(NOT isFinite(expected) OR NOT isFinite(high) OR NOT isFinite(mean_a)) AS odd
       FROM tokenwatch.volume_profile`,
    );
    expect(row?.odd).toBe(0);
  });
});
