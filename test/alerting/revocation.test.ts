import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Finding } from '../../model/finding.ts';
import type { Incident } from '../../model/incident.ts';
import { readAudit } from '../../store/audit/entries.ts';
import { listDeliveries } from '../../store/deliveries/deliveries.ts';
import { listIncidents } from '../../store/incidents/snapshots.ts';
import { writeRevocationStop } from '../../store/responses/stop.ts';
import { roundsUntil } from '../support/alerting.ts';
import { tokenNamed } from '../support/call-rows.ts';
import { RevocationWorld } from '../support/revocation-world.ts';

const SECOND = 1_000;
const HOUR = 3_600_000;

let world: RevocationWorld;

beforeAll(async () => {
  world = await RevocationWorld.open();
});

beforeEach(() => {
  world.refresh();
});

afterAll(async () => {
  await world.close();
});

async function auditedRefusals(incident: Incident): Promise<unknown[]> {
  const subject = `incident:${incident.id}`;
  const filter = { subject, action: 'incident.response_refused' };
  const entries = await readAudit(world.store.db, filter);
  return entries.map((entry) => entry.detail['reason']);
}

describe('who may revoke', () => {
  it('a dry run decides and records everything, counts against the cap, and sends nothing', async () => {
    await world.under({ mode: 'approve', dry_run: true, hourly_cap: 1 }, async (alerting) => {
      await world.opened(alerting, 'dry-one');
      await world.ask('dry-one');
      const one = await world.untilResponse(alerting, 'dry-one', 'refused');
      expect(one.responseNote).toBe('dry run: it would have been revoked now');
      await world.opened(alerting, 'dry-two');
      await world.ask('dry-two');
      const two = await world.untilResponse(alerting, 'dry-two', 'refused');
      expect(two.responseNote).toBe('the hourly cap of 1 revocations is reached');
      await expect.poll(async () => auditedRefusals(one)).toEqual([one.responseNote]);
    });
    expect(world.issuer.taken).toHaveLength(0);
    expect(await listDeliveries(world.store.db, { reasons: ['revocation'] })).toHaveLength(0);
  });

  it('with a second person, the same one twice is refused and audited; two different ones revoke', async () => {
    await world.under({ mode: 'approve', second_person: true }, async (alerting) => {
      await world.opened(alerting, 'pair');
      await world.ask('pair', 'person:ada');
      for (let i = 0; i < 5; i += 1) await alerting.round();
      expect((await world.incidentOf('pair')).response).toBe('requested');
      await world.approve('pair', 'person:ada');
      const refused = await world.untilResponse(alerting, 'pair', 'refused');
      const why = 'somebody else than who requested must approve';
      await expect.poll(async () => auditedRefusals(refused)).toEqual([why]);
      expect(world.issuer.taken).toHaveLength(0);

      await world.ask('pair', 'person:ada');
      await world.approve('pair', 'person:bob');
      await world.untilResponse(alerting, 'pair', 'sent');
      expect(world.demands()).toMatchObject([
        { requested_by: 'person:ada', approved_by: 'person:bob', token_hash: tokenNamed('pair') },
      ]);
    });
  });

  it('somebody of Slack and somebody of the console are two only where the configuration says who', async () => {
    await world.under({ mode: 'approve', second_person: true }, async (alerting) => {
      await world.opened(alerting, 'mixed');
      await world.ask('mixed', 'slack:U0ADA');
      await world.approve('mixed', 'person:ada');
      const { responseNote } = await world.untilResponse(alerting, 'mixed', 'refused');
      expect(responseNote).toContain('may be the same person');
      expect(world.issuer.taken).toHaveLength(0);
    });
  });

  it('at most so many in an hour; the rest is refused and may be asked for again later', async () => {
    await world.under({ mode: 'approve', hourly_cap: 2 }, async (alerting) => {
      for (const name of ['cap-1', 'cap-2', 'cap-3']) {
        await world.opened(alerting, name);
        await world.ask(name);
        await roundsUntil(alerting, async () =>
          ['sent', 'refused'].includes((await world.incidentOf(name)).response),
        );
      }
      expect((await world.incidentOf('cap-3')).responseNote).toContain('hourly cap of 2');
      expect(world.demands().map((demand) => demand.token_hash)).toEqual(
        ['cap-1', 'cap-2'].map(tokenNamed),
      );
      world.clock += HOUR + SECOND;
      await world.ask('cap-3');
      await world.untilResponse(alerting, 'cap-3', 'sent');
    });
  });

  it('alone by policy: only what has the severity, the detections, the client and the environment', async () => {
    const auto = {
      ...{ min_severity: 'critical', detections: ['geography.*'], clients: ['auto-*'] },
      ...{ environments: ['production'], min_detections: 2 },
    };
    const right: Partial<Finding> = { severity: 'critical', environment: 'production' };
    const cases: [string, Partial<Finding>, string][] = [
      ['auto-all-of-it', right, 'geography.new-country'],
      ['auto-not-grave', { ...right, severity: 'high' }, 'geography.new-country'],
      ['auto-other-detection', right, 'volume.drip'],
      ['other-client', right, 'geography.new-country'],
      ['auto-in-staging', { ...right, environment: 'staging' }, 'geography.new-country'],
      ['auto-never', right, 'geography.new-country'],
    ];
    const never = { tokens: [tokenNamed('auto-never')] };
    await world.under({ mode: 'auto', auto, never }, async (alerting) => {
      for (const [name, change, second] of cases) {
        await world.find(name, { ...change, detection: 'volume.surge' });
        await world.find(name, { ...change, detection: second });
      }
      await world.find('auto-one-detection', { ...right, detection: 'geography.new-country' });
      await world.untilResponse(alerting, 'auto-all-of-it', 'sent');
      await world.untilResponse(alerting, 'auto-never', 'refused');
      const states = await listIncidents(world.store.db, { updatedSince: world.clock - HOUR });
      const untouched = states.filter((row) => row.response === 'none').map((row) => row.clientId);
      expect(untouched.sort()).toEqual([
        ...['auto-in-staging', 'auto-not-grave', 'auto-one-detection', 'auto-other-detection'],
        'other-client',
      ]);
      expect(world.demands()).toMatchObject([
        { token_hash: tokenNamed('auto-all-of-it'), approved_by: 'program:policy' },
      ]);
    });
  });
});

describe('the global stop', () => {
  it('stops what is on its way, and what is asked for while it is set', async () => {
    await world.under({ mode: 'approve' }, async (alerting) => {
      world.issuer.mode = 'never answers';
      await world.opened(alerting, 'stopped');
      await world.ask('stopped');
      const pending = async () =>
        (await listDeliveries(world.store.db, { reasons: ['revocation'], states: ['pending'] }))[0];
      await roundsUntil(alerting, async () => ((await pending())?.attempts ?? 0) > 0);
      const at = world.clock;
      await writeRevocationStop(world.store.db, {
        stopped: true,
        by: 'person:bob',
        reason: 'x',
        at,
      });
      world.issuer.mode = 'takes';
      world.clock += HOUR / 4;
      const failed = await world.untilResponse(alerting, 'stopped', 'failed');
      expect(failed.responseNote).toBe('issuer: revocations are stopped for all');
      await world.ask('stopped');
      expect((await world.untilResponse(alerting, 'stopped', 'refused')).responseNote).toBe(
        'revocations are stopped for all',
      );
      expect(world.issuer.taken).toHaveLength(0);
      await writeRevocationStop(world.store.db, {
        stopped: false,
        by: 'person:bob',
        reason: 'x',
        at,
      });
      await world.ask('stopped');
      await world.untilResponse(alerting, 'stopped', 'sent');
    });
  });

  it('a verdict of false positive stops what is on its way as well', async () => {
    await world.under({ mode: 'approve' }, async (alerting) => {
      world.issuer.mode = 'fails';
      await world.opened(alerting, 'innocent');
      await world.ask('innocent');
      await roundsUntil(alerting, async () => {
        const [one] = await listDeliveries(world.store.db, {
          reasons: ['revocation'],
          states: ['pending'],
        });
        return (one?.attempts ?? 0) > 0;
      });
      await world.act('innocent', 'person:ada', {
        kind: 'false_positive',
        reason: 'a test of ours',
      });
      for (let i = 0; i < 3; i += 1) await alerting.round();
      world.issuer.mode = 'takes';
      world.clock += HOUR / 4;
      await world.untilResponse(alerting, 'innocent', 'failed');
      expect(world.issuer.taken).toHaveLength(0);
    });
  });
});

it('what was approved while alerting was down is carried out when it is back, once', async () => {
  await world.under({ mode: 'approve' }, async (alerting) => world.opened(alerting, 'asleep'));
  await world.ask('asleep');
  await world.approve('asleep', 'person:bob');
  world.clock += HOUR;
  for (let start = 0; start < 2; start += 1) {
    await world.under({ mode: 'approve' }, async (alerting) => {
      await world.untilResponse(alerting, 'asleep', 'sent');
      for (let i = 0; i < 3; i += 1) await alerting.round();
    });
  }
  expect(world.issuer.taken).toHaveLength(1);
});
