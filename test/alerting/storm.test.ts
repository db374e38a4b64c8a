import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Alerting } from '../../alerting/app.ts';
import { createStandIns } from '../../demo/stand-ins/stand-ins.ts';
import type { StandIns } from '../../demo/stand-ins/stand-ins.ts';
import type { Finding } from '../../model/finding.ts';
import type { TokenHash } from '../../model/hash.ts';
import { writeFindings } from '../../store/findings/findings.ts';
import { countIncidents, listIncidents } from '../../store/incidents/snapshots.ts';
import { alertingOn, configWith, standInReceivers } from '../support/alerting.ts';
import { findingOf } from '../support/finding.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';

const FINDINGS = 10_000;
const TOKENS = 2_000;
const CLIENTS = 100;
const DETECTIONS = [
  'volume.surge',
  'geography.new-country',
  'scope.first-use',
  'sharing.networks',
  'replay.nonce',
];

let store: TestStore;
let standIns: StandIns;
let alerting: Alerting;
/** The clock runs through a minute while the storm does. */
let clock = Date.now();
const begun = clock;

function storm(from: number, size: number): Finding[] {
  return Array.from({ length: size }, (_unused, offset) => {
    const index = from + offset;
    const token = index % TOKENS;
    const detection = DETECTIONS[Math.floor(index / TOKENS)] ?? '';
    const at = begun + (index / FINDINGS) * 60_000;
    return findingOf({
      ...{ id: `storm-${String(index)}`, detection, family: 'volume' },
      tokenHash: token.toString(16).padStart(64, '0').replace(/^0/, 'f') as TokenHash,
      // Half of the tokens stand alone; the others are a hundred clients' ten each.
      clientId:
        token < TOKENS / 2 ? `client-${String(token % CLIENTS)}` : `single-${String(token)}`,
      severity: token % 50 === 0 ? 'critical' : token % 3 === 0 ? 'high' : 'medium',
      ...{ windowStart: at - 60_000, windowEnd: at, firstCallAt: at - 5_000, detectedAt: at },
    });
  });
}

beforeAll(async () => {
  store = await openTestStore();
  standIns = await createStandIns();
  const config = configWith(store.dataDir, { receivers: standInReceivers(standIns) });
  alerting = alertingOn(store, config, () => clock);
  await alerting.begin();
});

afterAll(async () => {
  await alerting.stop(100);
  await standIns.stop();
  await store.close();
});

it('ten thousand findings in a minute are a handful of messages, and no incident is lost', async () => {
  const started = performance.now();
  const step = 500;
  for (let from = 0; from < FINDINGS; from += step) {
    await writeFindings(store.db, storm(from, step));
    clock = begun + ((from + step) / FINDINGS) * 60_000;
    while (await alerting.round());
  }
  for (let i = 0; i < 8; i += 1) {
    clock += 5_000;
    await alerting.round();
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  const seconds = (performance.now() - started) / 1_000;
  const { slack, mail } = standIns;
  const messages = slack.messages.filter((message) => message.thread_ts === '').length;
  console.log(
    `storm: ${String(FINDINGS)} findings folded, routed and kept in ${seconds.toFixed(1)} s; ` +
      `${String(messages)} Slack messages, ${String(mail.mails.length)} mails`,
  );
  expect(messages).toBeLessThanOrEqual(13);
  expect(mail.mails.length).toBeLessThanOrEqual(13);
  const campaigns = CLIENTS;
  expect(await countIncidents(store.db)).toBe(TOKENS + campaigns);
  const rows = await listIncidents(store.db, { limit: 5_000 });
  const folded = rows.reduce((sum, row) => sum + row.findings, 0);
  expect(folded).toBe(FINDINGS);
  expect(
    rows.filter((row) => row.campaignOf !== null).reduce((sum, row) => sum + row.members, 0),
  ).toBe(TOKENS / 2);
}, 180_000);
