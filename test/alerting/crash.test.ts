import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createStandIns } from '../../demo/stand-ins/stand-ins.ts';
import type { StandIns } from '../../demo/stand-ins/stand-ins.ts';
import type { TokenHash } from '../../model/hash.ts';
import { listDeliveries } from '../../store/deliveries/deliveries.ts';
import { writeFindings } from '../../store/findings/findings.ts';
import { listIncidents } from '../../store/incidents/snapshots.ts';
import { startFaultyHttp } from '../conformance/faulty-servers.ts';
import type { FaultyServer } from '../conformance/faulty-servers.ts';
import { standInReceivers } from '../support/alerting.ts';
import { findingOf } from '../support/finding.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';

const KILLS = 50;
const SCRIPT = fileURLToPath(new URL('../support/alerting-child.ts', import.meta.url));
const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`;

let store: TestStore;
let standIns: StandIns;
let hook: FaultyServer;
let seed = 42;

/** A small generator, so that a failure can be had again. */
function random(): number {
  seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32;
  return seed / 2 ** 32;
}

function start(): ChildProcess {
  const { embedded } = store;
  if (embedded === null) throw new Error('the test store is embedded');
  const cap = { messages: 100_000 };
  const { soc, mail } = standInReceivers(standIns) as Record<string, object>;
  const argument = JSON.stringify({
    db: {
      ...{ url: embedded.url, username: embedded.appUser, password: embedded.appPassword },
      database: store.db.database,
    },
    dataDir: store.dataDir,
    alerting: {
      poll_seconds: 0.05,
      receivers: {
        soc: { ...soc, cap },
        mail: { ...mail, cap },
        hook: {
          ...{ type: 'webhook', url: `http://127.0.0.1:${String(hook.port)}/`, secrets: [SECRET] },
          ...{ allow_private_network: true, cap },
        },
      },
      // Slack takes one message a second: it sees every tenth incident, the others see all.
      route: {
        receiver: ['hook', 'mail'],
        routes: [{ match: { client: 'slack-*' }, receiver: ['soc', 'hook', 'mail'] }],
      },
    },
  });
  return spawn(process.execPath, [SCRIPT, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function write(index: number): Promise<void> {
  const at = Date.now();
  const findings = [0, 1].map((half) => {
    const number = index * 2 + half;
    return findingOf({
      id: `crash-${String(number)}`,
      tokenHash: (number + 1).toString(16).padStart(64, 'e') as TokenHash,
      clientId: `${number % 10 === 0 ? 'slack' : 'other'}-${String(number)}`,
      ...{ windowStart: at - 60_000, windowEnd: at, firstCallAt: at - 2_000, detectedAt: at },
    });
  });
  await writeFindings(store.db, findings);
}

beforeAll(async () => {
  store = await openTestStore();
  standIns = await createStandIns();
  hook = await startFaultyHttp({
    success: { status: 200, body: '' },
    refusal: { status: 400, body: '' },
  });
});

afterAll(async () => {
  await hook.close();
  await standIns.stop();
  await store.close();
});

it(`loses nothing when it is killed at ${String(KILLS)} random moments`, async () => {
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = start();
    if (child.stdout !== null) await once(child.stdout, 'data');
    await write(kill);
    await delay(random() * 900);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const last = start();
  const incidents = 2 * KILLS;
  const settled = async (): Promise<boolean> => {
    const ended = await listDeliveries(store.db, {
      states: ['sent'],
      reasons: ['first'],
      limit: 1_000,
    });
    return ended.length === incidents * 2 + incidents / 10;
  };
  await expect.poll(settled, { timeout: 60_000, interval: 500 }).toBe(true);
  last.kill('SIGTERM');
  await once(last, 'exit');

  expect(await listIncidents(store.db, { limit: 1_000 })).toHaveLength(incidents);
  const told = (texts: string[]): number[] =>
    Array.from(
      { length: incidents },
      (_unused, number) =>
        texts.filter((text) => new RegExp(`(slack|other)-${String(number)}\\b`).test(text)).length,
    );
  const posts = standIns.slack.messages.filter((message) => message.thread_ts === '');
  const slackTold = told(posts.map((message) => JSON.stringify(message.blocks))).filter(
    (_times, n) => n % 10 === 0,
  );
  // Slack has no idempotency keys; the metadata that we look for stands in for them.
  expect(new Set(slackTold)).toEqual(new Set([1]));
  // The webhook may come again after a lost answer, but under the id that the receiver knows.
  const ids = new Map(hook.taken.map(({ headers, body }) => [String(headers['webhook-id']), body]));
  expect(
    new Set(told([...ids.values()].filter((body) => body.includes('"activity_id":1')))),
  ).toEqual(new Set([1]));
  // Mail is at least once; a repeated one carries the Message-ID of the first.
  const mails = new Map(standIns.mail.mails.map((mail) => [mail.messageId, mail.subject]));
  expect(new Set(told([...mails.values()]))).toEqual(new Set([1]));
  console.log(
    `crash: ${String(KILLS)} kills, ${String(incidents)} incidents; repeated: ` +
      `${String(hook.taken.length - ids.size)} webhooks (same id), ` +
      `${String(standIns.mail.mails.length - mails.size)} mails (same Message-ID), 0 Slack messages`,
  );
}, 300_000);
