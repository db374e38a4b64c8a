import { expect, test } from 'vitest';
import { attack, attackStart } from './attacks.ts';
import { castOf } from './cast.ts';
import { OPERATIONS } from './operations.ts';

const NOW = Date.UTC(2026, 10, 22, 19);
const cast = castOf(1, NOW);
const nth = (n: number) => attack(1, cast, n, NOW);

test('four kinds within a minute, then one every few minutes, on other tokens', () => {
  const first = [0, 1, 2, 3].map((n) => attackStart(n, 1));
  expect(first[0]).toBe(10_000);
  expect(Math.max(...first)).toBeLessThanOrEqual(60_000);
  expect(attackStart(4, 1) - attackStart(3, 1)).toBe(240_000);
  expect(attackStart(3, 2)).toBe(attackStart(3, 1) / 2);
  expect([0, 1, 2, 3].map((n) => nth(n).name)).toEqual([
    'stolen-token',
    'exfiltration',
    'first-scope',
    'staging-token',
  ]);
  expect(nth(4).name).toBe('stolen-token');
  expect(nth(4).actor).not.toBe(nth(0).actor);
});

test('each attack is unusual in the way it says, and in no other', () => {
  for (let n = 0; n < 16; n += 1) {
    const { name, actor, calls } = nth(n);
    expect(calls.length).toBeGreaterThan(5);
    const elsewhere = calls.every(({ address }) => !actor.addresses.includes(address));
    const otherPlace = calls.every(({ environment }) => environment !== actor.grant.environment);
    const spare = calls.every(({ operation }) =>
      actor.plan.role.spare.includes(OPERATIONS[operation].scope),
    );
    expect([elsewhere, otherPlace, spare]).toEqual([
      name === 'stolen-token',
      name === 'staging-token',
      name === 'first-scope',
    ]);
    // What the token was granted: the services let all of these calls pass.
    for (const { operation } of calls) {
      expect(actor.grant.scopes).toContain(OPERATIONS[operation].scope);
    }
  }
});

test('exfiltration is a hundred times the usual pace', () => {
  const { actor, calls } = nth(1);
  const last = calls.at(-1)?.at ?? NOW;
  const perMinute = calls.length / ((last - NOW) / 60_000);
  expect(perMinute / (actor.plan.perDay / 1_440)).toBeGreaterThan(99);
  expect(new Set(calls.map(({ object }) => object)).size).toBe(calls.length);
});
