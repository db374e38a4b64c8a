import { expect, test } from 'vitest';
import { castOf } from './cast.ts';
import { NETWORKS } from './networks.ts';
import { OPERATIONS } from './operations.ts';
import { callsBetween } from './schedule.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 19, 7, 13, 250);
const cast = castOf(1, NOW);

test('the fortnight has the volume that the first start can afford', () => {
  expect(cast.length).toBeGreaterThanOrEqual(30);
  const calls = callsBetween(1, cast, NOW - 14 * DAY, NOW);
  expect(calls.length).toBeGreaterThan(100_000);
  expect(calls.length).toBeLessThan(130_000);
});

test('the same seed tells the same history, in whatever pieces it is asked for', () => {
  const from = NOW - DAY;
  const whole = callsBetween(1, cast, from, NOW);
  const cut = from + 7 * 3_600_000 + 12_345;
  const pieces = [...callsBetween(1, cast, from, cut), ...callsBetween(1, cast, cut, NOW)];
  expect(pieces).toEqual(whole);
  expect(whole.map(({ at }) => at)).toEqual(whole.map(({ at }) => at).sort((a, b) => a - b));
  expect(callsBetween(2, castOf(2, NOW), from, NOW)).not.toEqual(whole);
});

test('what is usual stays usual: environment, scopes, addresses and programs of each token', () => {
  const unusual = callsBetween(1, cast, NOW - 3 * DAY, NOW).filter((call) => {
    const { grant, plan, addresses, client } = call.actor;
    const { scope } = OPERATIONS[call.operation];
    const allowed = grant.scopes.includes(scope) && !plan.role.spare.includes(scope);
    const atHome = addresses.includes(call.address) && call.userAgent === client.userAgent;
    return !allowed || !atHome || call.environment !== grant.environment;
  });
  expect(unusual).toEqual([]);
  for (const { client } of cast) {
    const countries = new Set(client.networks.map((name) => NETWORKS[name].country));
    expect(countries.size).toBe(1);
  }
});

test('people keep hours, machines do not', () => {
  const sunday = Date.UTC(2026, 10, 22);
  const count = (profile: string, from: number, hours: number) =>
    callsBetween(1, cast, from, from + hours * 3_600_000).filter(
      ({ actor }) => actor.plan.profile === profile,
    ).length;
  const monday = sunday + DAY;
  expect(count('office', monday + 9 * 3_600_000, 2)).toBeGreaterThan(200);
  expect(count('office', sunday + 9 * 3_600_000, 2)).toBeLessThan(40);
  expect(count('nightly', monday + 12 * 3_600_000, 6)).toBe(0);
  expect(count('nightly', monday, 3)).toBeGreaterThan(1_000);
  expect(count('always', monday + 2 * 3_600_000, 2)).toBeGreaterThan(150);
});

test('tokens are issued before the first start and live on long after', () => {
  for (const { grant } of cast) {
    expect(grant.issuedAt * 1_000).toBeLessThan(NOW - 14 * DAY);
    expect(grant.expiresAt * 1_000).toBeGreaterThan(NOW + 60 * DAY);
  }
});
