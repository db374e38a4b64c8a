import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readFindings } from '../../store/findings/findings.ts';
import { readBlastRadius } from '../../store/responses/blast-radius.ts';
import { roundsUntil } from '../support/alerting.ts';
import { insertTestCalls, tokenNamed } from '../support/call-rows.ts';
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

describe('around a revocation', () => {
  const call = (name: string, time: number, change: object = {}) => ({
    ...{ time, tokenHash: tokenNamed(name), clientId: name, service: 'payments', status: 200 },
    ...{ environment: 'production', route: '/payments', ...change },
  });

  it('an accepted call after the grace period is a critical finding; the incident says when', async () => {
    await world.under({ mode: 'approve', grace: '60s', watch: '300s' }, async (alerting) => {
      await world.opened(alerting, 'undead');
      await world.ask('undead');
      const { containment } = await world.untilResponse(alerting, 'undead', 'sent');
      const { sentAt } = containment;
      await insertTestCalls(world.store.db, [
        call('undead', sentAt + 30 * SECOND),
        call('undead', sentAt + 90 * SECOND),
        call('undead', sentAt + 95 * SECOND, { status: 401 }),
      ]);
      world.clock += 100 * SECOND;
      const incident = await world.untilResponse(alerting, 'undead', 'failed');
      expect(incident.responseNote).toBe('still accepted 1 min 30 s after the issuer took it');
      expect(incident.containment.lastAcceptedAt).toBe(sentAt + 90 * SECOND);
      await roundsUntil(
        alerting,
        async () => (await world.incidentOf('undead')).severity === 'critical',
      );
      const [finding] = await readFindings(world.store.db, { tokenHash: tokenNamed('undead') });
      expect(finding).toMatchObject({
        ...{ detection: 'lifecycle.revoked-accepted', severity: 'critical', service: 'payments' },
      });
      expect((await world.incidentOf('undead')).title).toBe('Revoked, yet accepted');
    });
  });

  it('contained is the last accepted call, not the end of the watch', async () => {
    await world.under({ mode: 'approve', grace: '60s', watch: '300s' }, async (alerting) => {
      await insertTestCalls(world.store.db, [call('dead', world.clock - SECOND)]);
      await world.opened(alerting, 'dead');
      await world.ask('dead');
      const { sentAt } = (await world.untilResponse(alerting, 'dead', 'sent')).containment;
      await insertTestCalls(world.store.db, [call('dead', sentAt + 5 * SECOND)]);
      world.clock += 300 * SECOND;
      for (let i = 0; i < 3; i += 1) await alerting.round();
      expect((await world.incidentOf('dead')).response).toBe('sent');
      world.clock += 70 * SECOND;
      const incident = await world.untilResponse(alerting, 'dead', 'confirmed');
      expect(incident.containment).toMatchObject({
        ...{ lastAcceptedAt: sentAt + 5 * SECOND, firstCallAt: incident.firstCallAt },
      });
      const [row] = await world.store.db.query<{ at: number }>(
        `SELECT toUnixTimestamp64Milli(contained_at) AS at FROM ${world.store.db.database}.incidents FINAL
         WHERE client_id = 'dead'`,
      );
      expect(row?.at).toBe(sentAt + 5 * SECOND);
    });
  });

  it('the blast radius counts calls a day, routes, services and tokens that still live', async () => {
    const at = world.clock;
    const seconds = Math.floor(at / SECOND);
    const of = (name: string, number: number, change: object = {}): object[] =>
      Array.from({ length: number }, (_unused, n) =>
        call(name, at - (n + 1) * 60_000, { clientId: 'wide', ...change }),
      );
    await insertTestCalls(world.store.db, [
      ...of('wide', 30),
      ...of('wide', 12, { service: 'accounts', route: '/accounts/:id' }),
      ...of('wide-sibling', 1),
      ...of('wide-expired', 1, { tokenExpiresAt: seconds - 60 }),
      call('wide', at - 25 * HOUR, { clientId: 'wide' }),
      call('wide-idle', at - 25 * HOUR, { clientId: 'wide' }),
    ] as Parameters<typeof insertTestCalls>[1]);
    const radius = await readBlastRadius(world.store.db, [tokenNamed('wide')], at);
    expect(radius.get(tokenNamed('wide'))).toEqual({
      ...{ callsPerDay: 42, services: ['payments', 'accounts'], otherLiveTokens: 1, tokenId: '' },
      routes: [
        { route: '/payments', callsPerDay: 30 },
        { route: '/accounts/:id', callsPerDay: 12 },
      ],
    });
  });
});
