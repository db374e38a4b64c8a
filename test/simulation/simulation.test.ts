import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';
import { ATTACK_KINDS, KIND_NAMES } from './attacks.ts';
import { DAY, DEFAULT_START, HOUR, isDayOff, isMonthEnd, localHour } from './calendar.ts';
import { asCall, createLoader } from './load.ts';
import type { SimulationOptions } from './plan.ts';
import { Rng, seedOf } from './random.ts';
import { simulate } from './simulate.ts';
import type { Simulation } from './simulate.ts';

const SMALL: Partial<SimulationOptions> = { seed: 5, tokens: 70, days: 17, attacksPerKind: 2 };

interface Walked {
  simulation: Simulation;
  calls: number;
  hostile: number;
  digest: number;
  ordered: boolean;
  perSlotDay: Map<string, number>;
}

function walk(options: Partial<SimulationOptions>): Walked {
  const simulation = simulate(options);
  const out: Walked = {
    ...{ simulation, calls: 0, hostile: 0, digest: 0, ordered: true, perSlotDay: new Map() },
  };
  let last = 0;
  let day = 0;
  for (const rows of simulation.days) {
    for (let i = 0; i < rows.length; i++) {
      const row = rows.row(i);
      out.ordered &&= Math.floor(row.time) >= Math.floor(last);
      last = row.time;
      out.calls += 1;
      out.hostile += row.attack > 0 ? 1 : 0;
      out.digest = seedOf(out.digest, ...Object.values(row).map((value: number) => value));
      const key = `${row.slot}/${day}`;
      out.perSlotDay.set(key, (out.perSlotDay.get(key) ?? 0) + 1);
    }
    day += 1;
  }
  return out;
}

describe('randomness', () => {
  it('has the moments that it promises', () => {
    const rng = new Rng('moments');
    const n = 40_000;
    const mean = (draw: () => number): number => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += draw();
      return sum / n;
    };
    expect(mean(() => rng.next())).toBeCloseTo(0.5, 2);
    expect(mean(() => rng.poisson(4.5))).toBeCloseTo(4.5, 1);
    expect(mean(() => rng.binomial(200, 0.02))).toBeCloseTo(4, 1);
    expect(mean(() => rng.binomial(1000, 0.5)) / 500).toBeCloseTo(1, 2);
    expect(mean(() => rng.gamma(0.4))).toBeCloseTo(0.4, 1);
    expect(mean(() => rng.exponential(3))).toBeCloseTo(3, 1);
    const variance = mean(() => (rng.negativeBinomial(10, 0.5) - 10) ** 2);
    expect(variance / 60).toBeCloseTo(1, 0);
  });

  it('keeps streams of different names apart', () => {
    expect(new Rng(1, 'a').next()).toBe(new Rng(1, 'a').next());
    expect(new Rng(1, 'a').next()).not.toBe(new Rng(1, 'b').next());
    expect(seedOf(1, 23)).not.toBe(seedOf(12, 3));
  });
});

describe('the calendar', () => {
  it('knows weekends, holidays, month ends and local hours', () => {
    expect(isDayOff(DEFAULT_START + 12 * HOUR, 'DE')).toBe(false);
    expect(isDayOff(DEFAULT_START + 12 * HOUR, 'US')).toBe(true); // Labor Day
    expect(isDayOff(DEFAULT_START + 5 * DAY + 12 * HOUR, 'DE')).toBe(true);
    expect(isMonthEnd(Date.UTC(2026, 8, 30, 12), 'GB')).toBe(true);
    expect(isMonthEnd(Date.UTC(2026, 8, 29, 12), 'GB')).toBe(false);
    expect(isMonthEnd(Date.UTC(2026, 9, 30, 12), 'GB')).toBe(true); // a Friday, the 31st a Saturday
    expect(localHour(DEFAULT_START, 'IN')).toBe(5.5);
    expect(localHour(DEFAULT_START, 'US')).toBe(19);
  });
});

describe('the simulation', () => {
  const first = walk(SMALL);

  it('is the same for the same seed and another for another', () => {
    const again = walk(SMALL);
    expect(again.digest).toBe(first.digest);
    expect(again.simulation.labels()).toEqual(first.simulation.labels());
    expect(walk({ ...SMALL, seed: 6 }).digest).not.toBe(first.digest);
  });

  it('gives calls in order of time', () => {
    expect(first.ordered).toBe(true);
  });

  it('keeps to the planned rates', () => {
    const { world } = first.simulation;
    const ratios: number[] = [];
    for (const token of world.tokens) {
      if (token.archetype === 'sparse' || (token.lives[0]?.from ?? 0) > world.options.start)
        continue;
      if (token.step.factor !== 1 || token.growth !== 0) continue;
      const days = [0, 1, 2, 3, 7, 8, 9, 10].filter((d) => !token.client.daysOff.includes(d));
      let sum = 0;
      for (const day of days) sum += first.perSlotDay.get(`${token.slot}/${day}`) ?? 0;
      ratios.push(sum / days.length / token.rate);
    }
    ratios.sort((a, b) => a - b);
    expect(ratios[Math.floor(ratios.length / 2)]).toBeGreaterThan(0.8);
    expect(ratios[Math.floor(ratios.length / 2)]).toBeLessThan(1.25);
  });

  it('scales all rates at once', () => {
    const benign = { ...SMALL, attacksPerKind: 0 };
    const half = walk({ ...benign, scale: 0.5 }).calls / walk(benign).calls;
    expect(half).toBeGreaterThan(0.4);
    expect(half).toBeLessThan(0.6);
  });

  it('labels every hostile call and none else, after the quiet weeks', () => {
    const labels = first.simulation.labels();
    const { options } = first.simulation.world;
    expect(labels.reduce((sum, label) => sum + label.calls, 0)).toBe(first.hostile);
    expect(new Set(labels.map((l) => l.tokenHash)).size).toBe(labels.length);
    for (const label of labels) {
      expect(label.first).toBeGreaterThanOrEqual(options.start + options.quietDays * DAY);
      expect(label.last).toBeGreaterThanOrEqual(label.first);
    }
  });

  it('attacks enough tokens of different kinds in every way', () => {
    const big = simulate({ seed: 9 });
    for (const kind of KIND_NAMES) {
      const of = big.attacks.filter((attack) => attack.kind === kind);
      expect([kind, of.length]).toEqual([kind, 25]);
      const types = new Set(of.map((attack) => big.world.tokens[attack.slot]?.archetype));
      expect([kind, types.size >= 3]).toEqual([kind, true]);
    }
    expect(Object.values(ATTACK_KINDS).filter((facts) => facts.overt)).toHaveLength(6);
  });

  it('replays only what was sent before', () => {
    const simulation = simulate({ ...SMALL, attacksPerKind: 4 });
    const replays = new Set(
      simulation.attacks.flatMap((one) => (one.kind === 'replay' ? [one.index + 1] : [])),
    );
    const sent = new Set<string>();
    let again = 0;
    for (const rows of simulation.days) {
      for (let i = 0; i < rows.length; i++) {
        const { slot, nonce, attack } = rows.row(i);
        if (replays.has(attack)) {
          expect(sent).toContain(`${slot} ${nonce}`);
          again += 1;
        } else if (nonce > 0) sent.add(`${slot} ${nonce}`);
      }
    }
    expect(again).toBeGreaterThan(20);
  });

  it('rotates credentials, travels, deploys and grows', () => {
    const { tokens, clients } = simulate({ seed: 9 }).world;
    expect(clients.length).toBeGreaterThan(80);
    expect(tokens.filter((t) => t.lives.length > 1).length).toBeGreaterThan(100);
    expect(tokens.filter((t) => t.trips.length > 0).length).toBeGreaterThan(20);
    expect(tokens.filter((t) => t.agents.length > 1).length).toBeGreaterThan(200);
    expect(tokens.filter((t) => t.step.factor !== 1).length).toBeGreaterThan(20);
  });
});

describe('loading', () => {
  let store: TestStore;
  beforeAll(async () => {
    store = await openTestStore();
  });
  afterAll(async () => {
    await store.close();
  });

  it('stores the very calls that it describes, without their labels', async () => {
    const simulation = simulate({ ...SMALL, tokens: 20, days: 2, attacksPerKind: 0 });
    const { world } = simulation;
    const loader = createLoader(store.db, world, 700);
    const expected: unknown[] = [];
    for (const rows of simulation.days) {
      await loader.add(rows);
      for (let i = 0; i < rows.length; i++) {
        const call = asCall(world, rows, i);
        expected.push({
          ...{ at: call.time, token: call.tokenHash, client: call.clientId, scope: call.scope },
          ...{ route: call.route, status: call.status, country: call.country, asn: call.asn },
          ...{ kind: call.networkKind, agent: call.userAgent, granted: call.grantedScopes },
          ...{ auth: call.authResult, environment: call.environment, service: call.service },
          ...{ issued: call.tokenIssuedAt, expires: call.tokenExpiresAt, ip: call.ipHash },
          object: call.objectHash === '' ? '0'.repeat(32) : call.objectHash,
          nonce: call.nonceHash === '' ? '0'.repeat(32) : call.nonceHash,
        });
      }
    }
    await loader.finish();
    const stored = await store.db.query(
      `SELECT toUnixTimestamp64Milli(time) AS at, lower(hex(token_hash)) AS token,
         client_id AS client, scope, route, status, country, asn, network_kind AS kind,
         user_agent AS agent, granted_scopes AS granted, auth_result AS auth, environment, service,
         toUnixTimestamp(token_issued_at) AS issued, toUnixTimestamp(token_expires_at) AS expires,
         lower(hex(ip_hash)) AS ip, lower(hex(object_hash)) AS object, lower(hex(nonce_hash)) AS nonce
       FROM ${store.db.database}.calls`,
    );
    const sorted = (rows: unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();
    expect(stored.length).toBeGreaterThan(1000);
    expect(sorted(stored)).toEqual(sorted(expected));
  });
});
