/** `npm run bench:alerting`: incidents a second through fold, route and outbox, and what a flood becomes. */
import { setTimeout as delay } from 'node:timers/promises';
import { createStandIns } from '../../demo/stand-ins/stand-ins.ts';
import type { Finding } from '../../model/finding.ts';
import type { TokenHash } from '../../model/hash.ts';
import { listDeliveries } from '../../store/deliveries/deliveries.ts';
import { writeFindings } from '../../store/findings/findings.ts';
import { countIncidents } from '../../store/incidents/snapshots.ts';
import { startFaultyHttp } from '../conformance/faulty-servers.ts';
import { alertingOn, configWith, standInReceivers } from '../support/alerting.ts';
import { findingOf } from '../support/finding.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';

const BATCH = 1_000;

/** A fresh one for each part. */
let store: TestStore;

function finding(index: number, tokens: number, clients: number): Finding {
  const at = Date.now();
  return findingOf({
    id: `bench-${String(tokens)}-${String(index)}`,
    tokenHash: `d${(index % tokens).toString(16).padStart(63, '0')}` as TokenHash,
    clientId: `client-${String(index % clients)}`,
    ...{ windowStart: at - 60_000, windowEnd: at, firstCallAt: at - 2_000, detectedAt: at },
  });
}

async function write(total: number, tokens: number, clients: number): Promise<void> {
  for (let from = 0; from < total; from += BATCH) {
    const size = Math.min(BATCH, total - from);
    const batch = Array.from({ length: size }, (_unused, n) => finding(from + n, tokens, clients));
    await writeFindings(store.db, batch);
  }
}

/** This process's CPU time since `from`, in seconds: what a loaded machine says truly. */
function cpuSince(from: NodeJS.CpuUsage): string {
  const { user, system } = process.cpuUsage(from);
  return ((user + system) / 1e6).toFixed(2);
}

/** Every incident is told: a webhook without a cap, each delivery kept before and after. */
async function throughput(incidents: number): Promise<void> {
  const hook = await startFaultyHttp({
    success: { status: 200, body: '' },
    refusal: { status: 400, body: '' },
  });
  const receiver = {
    ...{
      type: 'webhook',
      url: `http://127.0.0.1:${String(hook.port)}/`,
      allow_private_network: true,
    },
    ...{ secrets: [`whsec_${Buffer.alloc(32).toString('base64')}`], cap: { messages: 1_000_000 } },
  };
  const config = configWith(store.dataDir, { receivers: { hook: receiver } });
  const alerting = alertingOn(store, config);
  await alerting.begin();
  await write(incidents, incidents, incidents);
  const begun = performance.now();
  const cpu = process.cpuUsage();
  while (await alerting.round());
  await alerting.round();
  const folded = (performance.now() - begun) / 1_000;
  const foldCpu = cpuSince(cpu);
  while (hook.taken.length < incidents) await delay(10);
  const sent = (performance.now() - begun) / 1_000;
  console.log(
    `fold, route, outbox: ${String(incidents)} incidents in ${folded.toFixed(2)} s, ` +
      `${(incidents / folded).toFixed(0)} incidents/s (${foldCpu} s of CPU); all delivered after ${sent.toFixed(2)} s, ` +
      `${(incidents / sent).toFixed(0)} deliveries/s (${cpuSince(cpu)} s of CPU in all; signed webhook, each outcome kept)`,
  );
  await alerting.stop(5_000);
  await hook.close();
}

/** From a finding's row to the receiver's hands, one at a time on a quiet system. */
async function latency(rounds: number): Promise<void> {
  const standIns = await createStandIns();
  const { mail } = standInReceivers(standIns) as { mail: object };
  const cap = { messages: 1_000_000 };
  const config = configWith(store.dataDir, { receivers: { mail: { ...mail, cap } } });
  const alerting = alertingOn(store, config);
  await alerting.begin();
  while (await alerting.round());
  await delay(500);
  const times: number[] = [];
  for (let n = 0; n < rounds; n += 1) {
    const before = standIns.mail.mails.length;
    const begun = performance.now();
    const one = finding(n, 10_000_000 + n, 10_000_000);
    await writeFindings(store.db, [
      { ...one, id: `latency-${String(n)}`, clientId: `latency-${String(n)}` },
    ]);
    while (standIns.mail.mails.length === before) await alerting.round();
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(times.length * share)] ?? 0).toFixed(0);
  console.log(
    `finding to mail, without the pause between rounds: median ${at(0.5)} ms, 95% ${at(0.95)} ms`,
  );
  await alerting.stop(5_000);
  await standIns.stop();
}

/** Ten thousand findings on two thousand tokens at once, with the caps that are the default. */
async function flood(): Promise<void> {
  const standIns = await createStandIns();
  const alerting = alertingOn(
    store,
    configWith(store.dataDir, { receivers: standInReceivers(standIns) }),
  );
  await alerting.begin();
  const before = await countIncidents(store.db);
  await write(10_000, 2_000, 2_000);
  const begun = performance.now();
  const cpu = process.cpuUsage();
  while (await alerting.round());
  const folded = (performance.now() - begun) / 1_000;
  const foldCpu = cpuSince(cpu);
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline) {
    await alerting.round();
    await delay(250);
  }
  const incidents = (await countIncidents(store.db)) - before;
  const messages = standIns.slack.messages.filter((message) => message.thread_ts === '').length;
  const digests = await listDeliveries(store.db, { reasons: ['digest'], receiver: 'soc' });
  console.log(
    `flood: 10,000 findings folded in ${folded.toFixed(2)} s (${foldCpu} s of CPU) into ${String(incidents)} incidents; ` +
      `${String(messages)} Slack messages, ${String(digests.length)} of them a digest; ` +
      `${String(standIns.mail.mails.length)} mails`,
  );
  await alerting.stop(5_000);
  await standIns.stop();
}

for (const part of [async () => latency(30), async () => throughput(2_000), flood]) {
  store = await openTestStore();
  try {
    await part();
  } finally {
    await store.close();
  }
}
