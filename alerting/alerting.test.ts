import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStandIns } from '../demo/stand-ins/stand-ins.ts';
import type { StandIns } from '../demo/stand-ins/stand-ins.ts';
import type { Finding } from '../model/finding.ts';
import type { TokenHash } from '../model/hash.ts';
import type { IncidentChange } from '../model/incident-event.ts';
import { listDeliveries } from '../store/deliveries/deliveries.ts';
import { writeFindings } from '../store/findings/findings.ts';
import { appendEvents, readIncident } from '../store/incidents/events.ts';
import { listIncidents } from '../store/incidents/snapshots.ts';
import { alertingOn, configWith, roundsUntil, standInReceivers } from '../test/support/alerting.ts';
import { findingOf } from '../test/support/finding.ts';
import { openTestStore } from '../test/support/test-store.ts';
import type { TestStore } from '../test/support/test-store.ts';
import type { Alerting } from './app.ts';

let store: TestStore;
let standIns: StandIns;
let alerting: Alerting;

function recent(change: Partial<Finding>): Finding {
  const at = Date.now();
  return findingOf({
    windowStart: at - 300_000,
    windowEnd: at,
    firstCallAt: at - 2_000,
    detectedAt: at,
    ...change,
  });
}

async function incidentOf(client: string): Promise<string> {
  return (await listIncidents(store.db, { clientId: client }))[0]?.id ?? '';
}

async function act(incidentId: string, actor: string, change: IncidentChange): Promise<void> {
  const at = Date.now();
  await appendEvents(store.db, [
    { id: `${incidentId}:${actor}:${String(at)}`, incidentId, at, actor, ...change },
  ]);
}

const topLevel = (client: string) =>
  standIns.slack.messages.filter(
    (m) => m.thread_ts === '' && JSON.stringify(m.blocks).includes(client),
  );

beforeAll(async () => {
  store = await openTestStore();
  standIns = await createStandIns();
  const receivers = standInReceivers(standIns);
  const config = configWith(store.dataDir, {
    receivers,
    revocation: { mode: 'approve', never: { clients: ['core-*'] } },
  });
  alerting = alertingOn(store, config);
  await alerting.begin();
});

afterAll(async () => {
  await alerting.stop(100);
  await standIns.stop();
  await store.close();
});

describe('alerting', () => {
  it('tells a grave finding at once by Slack and mail, and keeps that it did', async () => {
    await writeFindings(store.db, [recent({ id: 'a1', clientId: 'acme' })]);
    const begun = Date.now();
    await roundsUntil(
      alerting,
      () => topLevel('acme').length === 1 && standIns.mail.mails.length === 1,
    );
    expect(Date.now() - begun).toBeLessThan(2_000);
    const [mail] = standIns.mail.mails;
    expect(mail?.subject).toMatch(/^\[tokenwatch\] High: Far more calls than usual · acme/);
    expect(mail?.text).toContain('1,204 calls in 5 min; usual at this hour 3–22');
    expect(mail?.html).toContain('https://tokenwatch.example/incidents/');
    const id = await incidentOf('acme');
    await roundsUntil(
      alerting,
      async () => ((await readIncident(store.db, id))?.containment.alertedAt ?? 0) > 0,
    );
    const pending = async () =>
      listDeliveries(store.db, { incidentIds: [id], states: ['pending'] });
    await roundsUntil(alerting, async () => (await pending()).length === 0);
    const deliveries = await listDeliveries(store.db, { incidentIds: [id] });
    expect(
      deliveries.map(({ receiver, state, reason }) => [receiver, state, reason]).sort(),
    ).toEqual([
      ['mail', 'sent', 'first'],
      ['soc', 'sent', 'first'],
    ]);
  });

  it('changes its Slack message in place and puts news into the thread when severity rises', async () => {
    const country = recent({
      ...{ id: 'a2', clientId: 'acme', detection: 'geography.new-country', family: 'geography' },
      ...{ title: 'A country never seen before', severity: 'critical', bits: 60, score: 95 },
      ...{ explanation: 'Calls from BR; this token was only ever seen in DE and FR.' },
    });
    await writeFindings(store.db, [country]);
    await roundsUntil(alerting, () => standIns.slack.messages.some((m) => m.thread_ts !== ''));
    const [message] = topLevel('acme');
    expect(topLevel('acme')).toHaveLength(1);
    expect(JSON.stringify(message?.blocks)).toContain('Critical: A country never seen before');
    const reply = standIns.slack.messages.find((m) => m.thread_ts === message?.ts);
    expect(JSON.stringify(reply?.blocks)).toContain('Raised from high to critical');
    await roundsUntil(alerting, () => standIns.mail.mails.length === 2);
    const [first, second] = standIns.mail.mails;
    expect(second?.inReplyTo).toBe(first?.messageId);
    expect(second?.subject).toBe(`Re: ${first?.subject ?? ''}`);
  });

  it('revokes when a person asks, by a signed webhook that the issuer verifies', async () => {
    const id = await incidentOf('acme');
    await act(id, 'person:ada', {
      kind: 'response_requested',
      response: 'revocation',
      reason: 'stolen',
    });
    await roundsUntil(alerting, () => standIns.issuer.revocations.length === 1);
    expect(standIns.issuer.revocations[0]).toMatchObject({
      ...{
        tokenHash: 'a1'.repeat(32),
        client: 'acme',
        reason: 'stolen',
        approvedBy: 'person:ada',
        times: 1,
      },
    });
    await roundsUntil(
      alerting,
      async () => (await readIncident(store.db, id))?.response === 'sent',
    );
  });

  it('never revokes what is on the list, whoever asks', async () => {
    await writeFindings(store.db, [
      recent({ id: 'c1', clientId: 'core-ledger', tokenHash: 'c1'.repeat(32) as TokenHash }),
    ]);
    await roundsUntil(alerting, async () => (await incidentOf('core-ledger')) !== '');
    const id = await incidentOf('core-ledger');
    await act(id, 'person:ada', {
      kind: 'response_requested',
      response: 'revocation',
      reason: 'x',
    });
    await roundsUntil(
      alerting,
      async () => (await readIncident(store.db, id))?.response === 'refused',
    );
    expect(standIns.issuer.revocations).toHaveLength(1);
  });

  it('tells that an incident was resolved, and opens nothing twice after a restart', async () => {
    const id = await incidentOf('acme');
    await act(id, 'person:ada', { kind: 'resolved', reason: 'token replaced' });
    await roundsUntil(alerting, () => JSON.stringify(topLevel('acme')[0]?.blocks).includes('✅'));
    await delay(1_500);
    await roundsUntil(
      alerting,
      async () => (await listDeliveries(store.db, { states: ['pending'] })).length === 0,
    );
    await alerting.stop(1_000);
    const config = configWith(store.dataDir, { receivers: standInReceivers(standIns) });
    const posts = standIns.slack.calls.length;
    const mails = standIns.mail.mails.length;
    alerting = alertingOn(store, config);
    await alerting.begin();
    for (let i = 0; i < 5; i += 1) await alerting.round();
    expect(standIns.slack.calls.length).toBe(posts);
    expect(standIns.mail.mails.length).toBe(mails);
    expect(await listIncidents(store.db)).toHaveLength(2);
  });
});
