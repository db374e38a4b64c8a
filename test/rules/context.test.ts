// Labelled calls of a fictional bank: what a rule in context finds, and what the same rule finds without.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noticeId } from '../../detector/findings.ts';
import type { OpenNotice } from '../../detector/judge/judged.ts';
import { untold } from '../../detector/raise.ts';
import type { Told } from '../../detector/raise.ts';
import { openRules } from '../../detector/rules/start.ts';
import type { Call } from '../../model/call.ts';
import { insertTestCalls, seeded, tokenNamed } from '../support/call-rows.ts';
import type { TestCall } from '../support/call-rows.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CLIENTS = 24;
const DAYS = 35;
const JUDGED_DAYS = 7;
const ATTACKS = 12;
const PACKAGED = join(
  import.meta.dirname,
  '..',
  '..',
  'rules',
  'large-payment-out-of-context.yaml',
);

const folder = mkdtempSync(join(tmpdir(), 'tokenwatch-rules-'));
const random = seeded(20_261_122);
const end = Math.floor(Date.now() / DAY) * DAY;
const judged = end - JUDGED_DAYS * DAY;
let store: TestStore;
let objects = 0;

interface Attack {
  tokenHash: string;
  time: number;
  amount: number;
}

const below = (n: number): number => Math.floor(random() * n);
/** Log-normal around 1. */
const spread = (): number => Math.exp(0.7 * (random() + random() + random() + random() - 2) * 1.7);
const objectOf = (client: number, number: number): Call['objectHash'] =>
  (client * 1_000_000 + number).toString(16).padStart(32, '0') as Call['objectHash'];
const newObject = (client: number): Call['objectHash'] => objectOf(client, 1_000 + (objects += 1));

/** What a client's payments are around, from a kiosk to a treasury: 20 to 20,000. */
const usual = (client: number): number => 20 * 10 ** ((3 * client) / (CLIENTS - 1));

function payment(client: number, token: number, time: number): TestCall {
  return {
    time,
    tokenHash: tokenNamed(`client-${String(client)}/token-${String(token)}`),
    clientId: `client-${String(client)}`,
    ...{ service: 'payments', environment: 'production', tokenEnvironment: 'production' },
    ...{ scope: 'payments:write', method: 'POST', route: '/payments', status: 201 },
    ...{ country: 'DE', asn: 3000 + client, networkKind: 'hosting' as const },
    ...{ objectType: 'account', currency: 'EUR' },
    objectHash: objectOf(client, below(20)),
    amount: Math.round(100 * usual(client) * spread()) / 100,
  };
}

/** Everyday payments, and what is odd in one way and nothing but business. */
function honest(client: number, token: number, time: number): TestCall {
  const call = payment(client, token, time);
  const fate = random();
  // New payees are common; colleagues travel; the year's invoice is far beyond the usual.
  if (fate < 0.3) call.objectHash = newObject(client);
  if (fate > 0.97) call.asn = 9_000 + below(400);
  if (fate > 0.3 && fate < 0.303) call.amount = Math.round(usual(client) * (70 + 60 * random()));
  return call;
}

function world(): { calls: TestCall[]; attacks: Attack[] } {
  const calls: TestCall[] = [];
  for (let client = 0; client < CLIENTS; client += 1) {
    for (let token = 0; token < 3; token += 1) {
      for (let time = end - DAYS * DAY; time < end; time += 4 * HOUR) {
        calls.push(honest(client, token, time + below(4 * HOUR)));
      }
    }
  }
  const attacks: Attack[] = [];
  for (let i = 0; i < ATTACKS; i += 1) {
    const client = (i * 7) % CLIENTS;
    const time = judged + (i + 0.5) * ((JUDGED_DAYS * DAY) / ATTACKS);
    const amount = Math.round(usual(client) * (150 + 100 * random()));
    // A first try, then the payments: many calls, one theft.
    for (let n = 0; n < 3; n += 1) {
      const call = payment(client, i % 3, time + n * 20_000);
      calls.push({
        ...{ ...call, amount, country: 'VN', asn: 45_899 },
        objectHash: newObject(client),
      });
    }
    attacks.push({
      tokenHash: tokenNamed(`client-${String(client)}/token-${String(i % 3)}`),
      time,
      amount,
    });
  }
  return { calls, attacks };
}

function ruleYaml(id: string, condition: string): string {
  return `id: ${id}
title: ${id}
severity: high
description: For comparison.
runbook: [Nothing.]
condition: ${condition}
message: "{amount}"
tests:
  quiet: [{ name: small, features: { amount: 1, client_amount_p99: 1 } }]
  firing: [{ name: large, features: { amount: 1000000000, client_amount_p99: 1 } }]
`;
}

interface Score {
  recall: number;
  falsePositives: number;
}

/** Of a token something is told once in six hours: what was told within these before counts as found. */
function score(told: readonly OpenNotice[], attacks: readonly Attack[]): Score {
  const after = (one: OpenNotice, attack: Attack): number =>
    one.entity.tokenHash === attack.tokenHash ? one.noticed.windowStart - attack.time : NaN;
  const found = attacks.filter((attack) =>
    told.some((one) => after(one, attack) > -6 * HOUR && after(one, attack) < HOUR),
  ).length;
  const wrong = told.filter(
    (one) => !attacks.some((attack) => after(one, attack) >= 0 && after(one, attack) < HOUR),
  ).length;
  return { recall: found / attacks.length, falsePositives: wrong };
}

let attacks: Attack[];

beforeAll(async () => {
  store = await openTestStore();
  const made = world();
  attacks = made.attacks;
  await insertTestCalls(store.db, made.calls);
  // Without context the threshold that loses no attack is the smallest of their amounts.
  const least = Math.min(...attacks.map(({ amount }) => amount));
  writeFileSync(
    join(folder, 'plain.yaml'),
    ruleYaml('without-context', `amount >= ${String(least)}`),
  );
  writeFileSync(
    join(folder, 'client.yaml'),
    ruleYaml('of-the-client', 'amount > 10 * client_amount_p99'),
  );
  store.config.detector.rules = [PACKAGED, folder];
});

afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('rules over labelled calls', () => {
  it('in context: fewer false positives at equal recall', async () => {
    const own = await openRules(store.config, Date.now, (line) => {
      throw new Error(line);
    });
    const told: Told = new Map();
    const raised: OpenNotice[] = [];
    for (let from = judged; from < end; from += DAY / 2) {
      const notices = await own.rules?.look({ by: 'event', from, to: from + DAY / 2 });
      raised.push(...untold(notices ?? [], told).raise);
    }
    await own.close();
    const of = (id: string): Score =>
      score(
        raised.filter(({ detection }) => detection.id === id),
        attacks,
      );
    const plain = of('without-context');
    const client = of('of-the-client');
    const context = of('large-payment-out-of-context');
    for (const [name, one] of Object.entries({ plain, client, context })) {
      process.stdout.write(
        `rule ${name}: recall ${one.recall.toFixed(2)}, false positives ${String(one.falsePositives)}\n`,
      );
    }
    expect(plain.recall).toBe(1);
    expect(context.recall).toBe(1);
    expect(client.falsePositives).toBeLessThan(plain.falsePositives / 5);
    expect(context.falsePositives).toBeLessThan(client.falsePositives);
    expect(context.falsePositives).toBeLessThanOrEqual(1);
    // One theft, three payments, one finding; the same again.
    const ids = raised
      .filter(({ detection }) => detection.id === 'large-payment-out-of-context')
      .map(noticeId);
    expect(ids).toHaveLength(ATTACKS + context.falsePositives);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
