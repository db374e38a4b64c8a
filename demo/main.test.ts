import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLogger } from '../config/logger.ts';
import { startOtlpReceiver } from '../test/instrumentation/otlp-receiver.ts';
import type { OtlpReceiver, ReceivedSpan } from '../test/instrumentation/otlp-receiver.ts';
import { startDemo } from './main.ts';
import type { Demo } from './main.ts';
import { saveState } from './state.ts';

const TWO_HOURS = 7_200_000;
const dataDir = mkdtempSync(join(tmpdir(), 'tokenwatch-demo-'));
const begun = Date.now();
let receiver: OtlpReceiver;
let demo: Demo;

function start(): Promise<Demo> {
  return startDemo({
    collectorUrl: receiver.url,
    senderKey: 'a-sender-key-of-the-test',
    pepper: 'a-pepper-of-the-test-installation',
    dataDir,
    seed: 1,
    speed: 10,
    log: createLogger('demo', 'silent'),
    terminal: new PassThrough().resume(),
  });
}

function nameOf(span: ReceivedSpan): string {
  const { resource } = span;
  return `${String(resource['service.name'])} ${String(resource['deployment.environment.name'])}`;
}

function isMismatch({ attributes, resource }: ReceivedSpan): boolean {
  return attributes['tokenwatch.token.environment'] !== resource['deployment.environment.name'];
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 50));
}

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  // As if the demo had been stopped two hours ago: only that gap is to be filled.
  saveState(dataDir, {
    ...{ seed: 1, epoch: begun - TWO_HOURS, reportedUntil: begun - TWO_HOURS },
    ...{ revoked: [], renewals: {} },
  });
  demo = await start();
  await demo.live;
}, 60_000);

afterAll(async () => {
  await demo.stop();
  await receiver.stop();
  rmSync(dataDir, { recursive: true });
});

test('the gap is filled from all services, with times of the past and nothing unusual', () => {
  const past = receiver.spans.filter((span) => span.start < begun);
  expect(past.length).toBeGreaterThan(300);
  expect(Math.min(...past.map((span) => span.start))).toBeGreaterThanOrEqual(begun - TWO_HOURS);
  // Some of staging is so quiet that two hours may pass without a call.
  expect(new Set(past.map(nameOf)).size).toBeGreaterThanOrEqual(4);
  expect(past.filter(isMismatch)).toEqual([]);
});

test('live services report as history did, and the four attacks among it', async () => {
  const live = () => receiver.spans.filter((span) => span.start >= begun);
  await until(() =>
    live().some((span) => isMismatch(span) && nameOf(span) === 'reports production'),
  );
  await until(() => live().some((span) => span.attributes['http.route'] === '/accounts/:id/owner'));
  const [past] = receiver.spans;
  const stolen = live().find((span) =>
    String(span.attributes['user_agent.original']).startsWith('python-requests'),
  );
  const ours = (span: ReceivedSpan | undefined) =>
    Object.keys(span?.attributes ?? {}).filter((key) => key.startsWith('tokenwatch.token'));
  expect(ours(stolen)).toEqual(expect.arrayContaining(ours(past)));
  expect(stolen?.attributes['client.address']).toMatch(/^14\.1[6-9]\d\./);
  expect(stolen?.attributes['tokenwatch.auth.result']).toBe('accepted');
});

test('no raw token is in what was sent, or in the data directory', async () => {
  const wire = Buffer.concat(receiver.bytes).toString('latin1');
  expect(wire).not.toMatch(/bk_(live|test)_/);
  expect(wire).not.toContain('eyJ');
  for (const file of readdirSync(dataDir)) {
    expect(readFileSync(join(dataDir, file), 'utf8')).not.toMatch(/bk_(live|test)_|eyJ/);
  }
});

test('after a restart only the gap is filled, with the same tokens', async () => {
  await demo.stop();
  const stopped = Date.now();
  const hashes = new Set(
    receiver.spans.map(({ attributes }) => attributes['tokenwatch.token.hash']),
  );
  receiver.spans.length = 0;
  demo = await start();
  await demo.live;
  await until(() => receiver.spans.length > 2);
  expect(Math.min(...receiver.spans.map((span) => span.start))).toBeGreaterThan(stopped - 10_000);
  for (const { attributes } of receiver.spans) {
    expect(hashes.has(attributes['tokenwatch.token.hash'])).toBe(true);
  }
});
