// Storms of refused calls, whoever they come from: one low incident of the service. Real OTLP in, incidents out.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OTEL, TW } from '../../model/attributes.ts';
import type { Finding } from '../../model/finding.ts';
import { listIncidents } from '../../store/incidents/snapshots.ts';
import { hashOf, openStage } from './stage.ts';
import type { ServedCall, Stage } from './stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const idsOf = (findings: readonly Finding[], token: string): string[] =>
  findings.filter((one) => one.tokenHash === hashOf(token)).map((one) => one.detection);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage.close();
});

it('thousands of made-up tokens, and tokens that are rate-limited, are one low incident each', async () => {
  // Within one slot of five minutes and not long ago, whenever the test runs: late calls are a clock's finding.
  const lasted = 1_500 * 50;
  const now = Date.now();
  const slot = Math.floor(now / (5 * MINUTE)) * 5 * MINUTE;
  const begun = (now - slot > lasted ? now : slot) - lasted;
  const madeUp: ServedCall[] = Array.from({ length: 1_500 }, (_, i) => ({
    ...{ token: `made up ${String(i)}`, client: i % 2 === 0 ? 'acme' : '', service: 'door' },
    ...{ status: 401, method: 'POST', route: '/login', time: begun + i * 50 },
    attributes: {
      [OTEL.clientAddress]: `200.147.${String(i % 200)}.${String(i % 250)}`,
      [TW.authResult]: 'rejected',
    },
  }));
  const limited: ServedCall[] = Array.from({ length: 1_500 }, (_, i) => ({
    ...{ token: `eager ${String(i % 300)}`, client: 'eager', service: 'gate', status: 429 },
    time: begun + i * 50,
  }));
  await stage.serve([...madeUp, ...limited]);
  await stage.settle();
  const incidents = await listIncidents(stage.store.db);
  expect(incidents.map((one) => [one.name, one.severity, one.detections]).sort()).toEqual([
    ['door', 'low', ['authorization.denied-storm']],
    ['gate', 'low', ['authorization.denied-storm']],
  ]);
  const door = incidents.find((one) => one.name === 'door');
  expect(door?.explanation).toMatch(/1,500 calls rejected .* with 1,500 tokens/);
  expect((await stage.look()).length).toBe(0);
});

it('a token that was let pass before is told of, though it is refused where it never was', async () => {
  const now = Date.now();
  const home = { [OTEL.clientAddress]: '79.192.10.20', [OTEL.userAgent]: 'home/1' };
  const away = { [OTEL.clientAddress]: '200.147.35.149', [OTEL.userAgent]: 'curl/8' };
  await stage.serve([
    ...Array.from({ length: 200 }, (_, i) => ({
      ...{ token: 'good', client: 'bank', time: now - 4 * HOUR - i * HOUR, attributes: home },
    })),
    ...Array.from({ length: 40 }, (_, i) => ({
      ...{ token: 'good', client: 'bank', route: '/admin', status: 403, attributes: away },
      time: now - i * 1_000,
    })),
    // Good from the first call on, and allowed nothing; and one that the door did not know.
    ...['explorer', 'stranger'].flatMap((token) =>
      Array.from({ length: 40 }, (_, i) => ({
        ...{ token, client: 'bank', route: `/admin/${String(i % 7)}`, status: 403 },
        ...{ time: now - i * 1_000 },
        attributes: { ...away, [TW.authResult]: token === 'explorer' ? 'accepted' : 'rejected' },
      })),
    ),
  ]);
  const found = await stage.look();
  expect(idsOf(found, 'good')).toContain('scope.denied-burst');
  expect(idsOf(found, 'explorer')).toEqual(['scope.denied-burst']);
  expect(idsOf(found, 'stranger')).toEqual([]);
});

it('several things at once are told of a token that has called before, not of its first call', async () => {
  const now = Date.now();
  const home = { [OTEL.clientAddress]: '79.192.10.20', [OTEL.userAgent]: 'shop/1' };
  const away = { [OTEL.clientAddress]: '200.147.35.149', [OTEL.userAgent]: 'curl/8' };
  const kin = Array.from({ length: 60 }, (_, i) => ({
    ...{ token: `kin ${String(i % 30)}`, client: 'kin', attributes: home },
    time: now - i * 50 * MINUTE,
  }));
  await stage.serve(kin);
  await stage.look();
  await stage.serve([
    { token: 'kin 2', client: 'kin', attributes: away },
    { token: 'newborn', client: 'kin', attributes: away },
  ]);
  const found = await stage.look();
  expect(idsOf(found, 'kin 2')).toContain('sharing.several-signs');
  expect(idsOf(found, 'newborn')).toEqual([]);
});

it('a storm of refused calls is one low incident; what passes after a burst of refusals is found', async () => {
  // Within the ten minutes before this ten minutes, whenever the test runs.
  const begun = (Math.floor(Date.now() / (10 * MINUTE)) - 1) * 10 * MINUTE;
  const spaced = 200;
  const guess = Array.from({ length: 600 }, (_, i) => ({
    ...{ token: `guess ${String(i % 300)}`, client: 'storming', service: 'stormed' },
    ...{ status: i % 3 === 0 ? 429 : 401, time: begun + i * spaced },
    attributes: { [OTEL.clientAddress]: '200.147.35.149' },
  }));
  const address = { [OTEL.clientAddress]: '79.192.10.99' };
  const stuffing = Array.from({ length: 30 }, (_, i) => ({
    ...{ token: `stuffed ${String(i)}`, client: 'stuffing', service: 'door', status: 401 },
    ...{ time: begun + i * spaced, attributes: address },
  }));
  const through = { token: 'through', client: 'stuffing', service: 'door', attributes: address };
  // Every second call of one token is refused, as always; another is let pass after a row of refusals.
  const tries = Array.from({ length: 60 }, (_, i) => [
    { token: 'half', client: 'halves', time: begun + i * spaced, status: i % 2 === 0 ? 403 : 200 },
    { token: 'tried', client: 'halves', time: begun + i * spaced, status: i < 59 ? 403 : 200 },
  ]).flat();
  const last = { ...through, time: begun + 400 * spaced };
  // On both sides of the ten minutes' beginning.
  const across = Array.from({ length: 31 }, (_, i) => ({
    ...{ token: 'across', client: 'halves', time: begun + (i - 15) * 1_000 },
    status: i < 30 ? 403 : 200,
  }));
  await stage.serve([...guess, ...stuffing, ...tries, ...across, last]);
  const found = await stage.look();
  const storm = found.filter((one) => one.detection === 'authorization.denied-storm');
  expect(storm.map((one) => [one.name, one.severity])).toEqual([['stormed', 'low']]);
  // Not one of each of the three hundred tokens.
  const each = found.filter((one) => one.clientId === 'storming');
  expect(new Set(each.map((one) => one.tokenHash)).size).toBeLessThan(10);
  expect(storm[0]?.evidence.facts).toMatchObject({ rejected: 400, rate_limited: 200 });
  expect(idsOf(found, 'through')).toContain('authorization.failure-burst');
  expect(idsOf(found, 'tried')).toContain('authorization.failure-burst');
  expect(idsOf(found, 'across')).toContain('authorization.failure-burst');
  expect(idsOf(found, 'half')).not.toContain('authorization.failure-burst');
});
