// What a hostile or careless author of rules can do: nothing. And what a rule sees: nothing later.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backtest } from '../../detector/backtest.ts';
import { createUserRules } from '../../detector/rules/user-rules.ts';
import type { RuleTrouble } from '../../detector/rules/user-rules.ts';
import { tryRule } from '../../detector/rules/try-rules.ts';
import type { Finding } from '../../model/finding.ts';
import { readDetections } from '../../store/console/detections.ts';
import type { Db } from '../../store/db.ts';
import type { Scope } from '../../store/detection/scope.ts';
import { evaluateCases } from '../../store/rules/cases.ts';
import { parseCondition } from '../../store/rules/condition/parse.ts';
import { featuresOf } from '../../store/rules/condition/tree.ts';
import { FEATURES } from '../../store/rules/features.ts';
import { readFirings } from '../../store/rules/look.ts';
import { openRulesDb, rulesUserSql } from '../../store/rules/user.ts';
import { insertTestCalls, seeded, tokenNamed } from '../support/call-rows.ts';
import type { TestCall } from '../support/call-rows.ts';
import { ruleOf } from '../support/rules.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const THIRD = 20 * MINUTE;
const LIMITS = { seconds: 20, megabytes: 1_000, rows: 100_000_000 };
const begin = Math.floor(Date.now() / HOUR) * HOUR - 30 * HOUR;
const CALLS = 600;

let store: TestStore;
let db: Db;

function callsFrom(from: number, seed: number): TestCall[] {
  const random = seeded(seed);
  const below = (n: number): number => Math.floor(random() * n);
  return Array.from({ length: CALLS }, (_, i) => {
    const time = from + Math.floor((i * 10 * HOUR) / CALLS) + below(20_000);
    const object = below(30).toString(16).padStart(32, '0');
    return {
      ...{
        time,
        ingestedAt: time + 300,
        tokenHash: tokenNamed(`t${String(below(4))}`),
        clientId: 'c',
      },
      ...{
        service: 's',
        environment: 'production',
        method: 'POST',
        route: `/r${String(below(5))}`,
      },
      ...{ scope: `s${String(below(4))}`, status: below(5) === 0 ? 403 : 200, userAgent: 'x' },
      ...{
        country: below(20) === 0 ? 'VN' : 'DE',
        asn: 100 + below(6),
        networkKind: 'hosting' as const,
      },
      ...{ objectHash: object as TestCall['objectHash'] & string, objectType: 'account' },
      ...{ amount: below(3) === 0 ? below(1_000) : null, currency: 'EUR' },
    };
  });
}

/** All features of every token's first call of ten minutes. */
async function seen(scope: Scope) {
  const rule = {
    entity: 'token' as const,
    condition: parseCondition('accepted OR NOT accepted'),
    features: FEATURES.map(({ name }) => name),
  };
  return readFirings(db, scope, [rule], LIMITS);
}

beforeAll(async () => {
  store = await openTestStore();
  db = await openRulesDb(store.config);
  await insertTestCalls(store.db, callsFrom(begin, 1));
});

afterAll(async () => {
  await db.close();
  await store.close();
});

describe('the user that rules run as', () => {
  it.each([
    'SELECT * FROM tokenwatch.console_sessions',
    'SELECT * FROM tokenwatch.incidents',
    'SELECT * FROM tokenwatch.token_registry',
    'SELECT * FROM system.parts',
    'INSERT INTO tokenwatch.calls (time) VALUES (now())',
    'CREATE TABLE tokenwatch.mine (x UInt8) ENGINE = Memory',
    'DROP TABLE tokenwatch.calls',
    'ALTER TABLE tokenwatch.calls DELETE WHERE 1',
    "SELECT * FROM url('http://127.0.0.1:1/', CSV, 'x String')",
    "SELECT * FROM file('/etc/passwd', LineAsString)",
    "SELECT * FROM remote('127.0.0.1', 'tokenwatch.console_keys')",
    "SELECT * FROM s3('http://127.0.0.1:1/bucket/x', CSV, 'x String')",
    "SELECT * FROM executable('true', TSV, 'x String')",
    "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
    'SYSTEM SHUTDOWN',
    'KILL QUERY WHERE 1 SYNC',
    'SELECT 1 SETTINGS max_execution_time = 0',
    'SELECT 1 SETTINGS max_memory_usage = 0',
    'SELECT 1 SETTINGS max_rows_to_read = 0',
    'SELECT 1 SETTINGS readonly = 0',
    'SELECT 1 SETTINGS allow_ddl = 1',
  ])('is refused %s', async (sql) => {
    await expect(db.command(sql)).rejects.toThrow(
      /Not enough privileges|ACCESS_DENIED|readonly|shouldn't be|should not be|Cannot (?:modify|execute)/i,
    );
  });

  it('is made on a server of one’s own by statements that ClickHouse reads', async () => {
    for (const statement of rulesUserSql('tokenwatch', 'tokenwatch_rules')) {
      const [row] = await db.query<{ sql: string }>('SELECT formatQuery({sql:String}) AS sql', {
        sql: statement,
      });
      expect(row?.sql).toMatch(/^(CREATE USER|GRANT SELECT)/);
    }
  });

  it('is stopped by time and by rows read', async () => {
    const endless =
      'SELECT count() FROM tokenwatch.calls AS a, tokenwatch.calls AS b, tokenwatch.calls AS c, tokenwatch.calls AS d';
    await expect(db.query(endless, {}, { max_execution_time: 1 })).rejects.toThrow(
      /Timeout exceeded/,
    );
    const all = 'SELECT count(user_agent) FROM tokenwatch.calls WHERE length(user_agent) = 1';
    await expect(db.query(all, {}, { max_rows_to_read: '10' })).rejects.toThrow(/Limit for rows/);
  });
});

describe('a rule that goes wrong', () => {
  it('rests when it breaks a limit, and the others go on', async () => {
    const heavy = ruleOf(
      'heavy',
      'token_calls_24h > 0 AND client_calls_1h > 0 AND token_new_objects_24h > 0',
    );
    const light = ruleOf('light', 'amount >= 0');
    const troubles: RuleTrouble[] = [];
    let at = 0;
    const rules = createUserRules({
      db,
      limits: { ...LIMITS, rows: CALLS * 2 },
      rules: () => [heavy, light],
      now: () => at,
      onTrouble: (trouble) => troubles.push(trouble),
    });
    const scope: Scope = { by: 'event', from: begin, to: begin + 11 * HOUR };
    const notices = await rules.look(scope);
    expect(new Set(notices.map(({ detection }) => detection.id))).toEqual(new Set(['light']));
    expect(troubles).toEqual([
      { rule: 'heavy', kind: 'resting', message: expect.stringContaining('Limit for rows') },
    ]);
    expect(rules.resting).toEqual(['heavy']);
    // It is not asked again before ten minutes have passed.
    await rules.look(scope);
    expect(troubles).toHaveLength(1);
    at = 600_001;
    await rules.look(scope);
    expect(troubles).toHaveLength(2);
  });

  it.each([
    ['amount / token_amount_24h > 0', { amount: 5, token_amount_24h: 0 }],
    ['NOT (amount / token_amount_24h > 0)', { amount: 5, token_amount_24h: 0 }],
    ['amount % token_calls_1h >= 0', { amount: 5, token_calls_1h: 0 }],
    ['log2(token_calls_1h) < 100', { token_calls_1h: 0 }],
    ['sqrt(0 - amount) < 1', { amount: 5 }],
    ['amount * 1e300 * 1e300 > 1', { amount: 5 }],
    ['amount > 10 * client_amount_p99', { amount: 5, client_amount_p99: null }],
  ])('%s does not fire where there is no such number', async (source, features) => {
    const condition = parseCondition(source);
    expect(
      await evaluateCases(db, condition, [...featuresOf(condition)], [features], LIMITS),
    ).toEqual([false]);
  });

  it('is told the place of a pattern that is none, even where it would not be reached', async () => {
    const rule = ruleOf('pattern', "accepted AND amount > 5 AND match(route, '((')");
    const [problem] = await tryRule(db, rule, LIMITS);
    expect(problem).toMatchObject({ place: { line: 7, column: 31 } });
    expect(problem?.message).toContain('cannot compile');
  });

  it('is told which of its tests failed', async () => {
    const problems = await tryRule(db, ruleOf('never', 'accepted AND NOT accepted'), LIMITS);
    expect(problems.map(({ message }) => message)).toEqual([
      'the test "b" should fire and stays quiet',
    ]);
  });

  it('tells a route of 10 kB in few words', async () => {
    const time = begin + 12 * HOUR;
    const route = `/${'x'.repeat(10_240)}`;
    const tokenHash = tokenNamed('long');
    await insertTestCalls(store.db, [{ time, ingestedAt: time, route, tokenHash, amount: 7 }]);
    const rules = createUserRules({
      ...{
        db,
        limits: LIMITS,
        rules: () => [ruleOf('long', "match(route, '^/x+$')")],
        now: () => 0,
      },
      onTrouble: (trouble) => {
        throw new Error(trouble.message);
      },
    });
    const [notice] = await rules.look({ by: 'event', from: time, to: time + HOUR });
    expect(notice?.noticed.explanation.length).toBeLessThan(1_000);
    expect(JSON.stringify(notice?.noticed.evidence).length).toBeLessThan(2_000);
  });
});

describe('features', () => {
  it('are what was known at the moment of the call: later calls change nothing', async () => {
    const scope: Scope = { by: 'event', from: begin, to: begin + 11 * HOUR };
    const before = await seen(scope);
    expect(before.length).toBeGreaterThan(100);
    const later = callsFrom(begin + 16 * HOUR, 2).map((call) => ({
      ...call,
      asn: 999,
      amount: 1e9,
    }));
    await insertTestCalls(store.db, later);
    expect(await seen(scope)).toEqual(before);
  });

  it('are the same live, by arrival, as in a backtest, by event time', async () => {
    // A live look takes what arrived in a second or more; it tells the first call of ten minutes anew.
    const hour = begin + 5 * HOUR;
    const backtested = await seen({ by: 'event', from: hour, to: hour + HOUR });
    const live: typeof backtested = [];
    for (let from = hour; from < hour + THIRD; from += 10 * MINUTE) {
      live.push(...(await seen({ by: 'arrival', from: from + 300, to: from + 10 * MINUTE + 300 })));
    }
    expect(live).toEqual(backtested.filter(({ time }) => time < hour + THIRD));
    expect(live.length).toBeGreaterThan(5);
  });

  it('are asked by a backtest too, of the rules that are named', async () => {
    const active = [ruleOf('one', 'amount > 900'), ruleOf('two', 'amount > 950')];
    const userRules = createUserRules({
      ...{ db, limits: LIMITS, rules: () => active, now: () => 0 },
      onTrouble: (trouble) => {
        throw new Error(trouble.message);
      },
    });
    const findings: Finding[] = [];
    const { range } = await backtest({
      db: store.db,
      ...{ from: begin, to: begin + 10 * HOUR, detections: ['two'] },
      settings: { ...store.config.detector, userRules },
      onFinding: (finding) => {
        findings.push(finding);
      },
    });
    expect(range).toEqual({ from: begin, to: begin + 10 * HOUR });
    expect(new Set(findings.map(({ detection }) => detection))).toEqual(new Set(['two']));
    // One of a token in six hours, of ten.
    expect(findings.length).toBeLessThanOrEqual(8);
    expect(await readDetections(store.db, begin)).toEqual([]);
  });

  it('count what they say', async () => {
    // At noon: amounts of the same day do not count as known.
    const time = (Math.floor(begin / (24 * HOUR)) + 40.5) * 24 * HOUR;
    const base = {
      tokenHash: tokenNamed('counted'),
      clientId: 'counting',
      currency: 'EUR',
      asn: 7,
      country: 'SE',
    };
    const object = (n: number) =>
      n.toString(16).padStart(32, '0') as TestCall['objectHash'] & string;
    const calls: TestCall[] = Array.from({ length: 20 }, (_, i) => ({
      ...base,
      ...{ time: time - 26 * HOUR - i * 1_000, amount: 5 * (i + 1), objectHash: object(1) },
    }));
    calls.push({ ...base, time: time - HOUR, status: 403, objectHash: object(2) });
    calls.push({ ...base, time: time - HOUR + 1, status: 403, amount: 5, objectHash: object(3) });
    calls.push({ ...base, time: time - 2, status: 200, amount: 7, country: 'NO' });
    calls.push({
      ...{ ...base, time, amount: 90, asn: 8, country: 'NO', objectHash: object(4) },
      ...{ addressAllowed: 'outside', statedAt: time / 1_000 - 40 },
    });
    calls.push({ ...base, time: time - 25 * HOUR, tokenHash: tokenNamed('other'), country: 'NO' });
    await insertTestCalls(
      store.db,
      calls.map((call) => ({ ingestedAt: call.time, ...call })),
    );
    const scope: Scope = { by: 'event', from: time, to: time + HOUR };
    const [firing] = await seen(scope);
    expect(firing?.values).toMatchObject({
      ...{
        amount: 90,
        address_allowed: 'outside',
        stated_seconds_ago: 40,
        token_calls_1h: 2,
        token_denied_1h: 1,
        token_calls_24h: 3,
        token_amount_24h: 12,
      },
      ...{ client_amounts_30d: 20, client_amount_p50: 50, client_amount_p99: 100 },
      ...{ object_new_to_token: true, token_new_objects_1h: 1, token_new_objects_24h: 2 },
      ...{ network_new_to_token: true, country_new_to_token: true, country_new_to_client: false },
      ...{ peers: 1, peers_in_country: 1, peers_on_network: 0, client_calls_1h: 3 },
      ...{ token_countries: ['SE'], client_countries: ['SE', 'NO'] },
    });
    expect(Math.round(Number(firing?.values['token_known_hours']))).toBe(26);
  });
});
