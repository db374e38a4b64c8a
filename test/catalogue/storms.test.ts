// Storms of refused calls, whoever they come from: one low incident of the service. Real OTLP in, incidents out.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { OTEL, TW } from '../../model/attributes.ts';
import { listIncidents } from '../../store/incidents/snapshots.ts';
import { hashOf, openStage } from './stage.ts';
import type { ServedCall, Stage } from './stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage.close();
});

it('thousands of made-up tokens, and tokens that are rate-limited, are one low incident each', async () => {
  const now = Date.now();
  const begun = Math.floor(now / (5 * MINUTE)) * 5 * MINUTE - 5 * MINUTE;
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
  ]);
  const found = (await stage.look()).filter((one) => one.tokenHash === hashOf('good'));
  expect(found.map((one) => one.detection)).toContain('scope.denied-burst');
});
