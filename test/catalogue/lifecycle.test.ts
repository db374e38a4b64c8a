// Stories of lifecycle and environment: real OTLP in, incidents out.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TW } from '../../model/attributes.ts';
import type { Finding } from '../../model/finding.ts';
import { explainRoute } from '../../alerting/routing/explain.ts';
import { alertingSchema } from '../../config/alerting.ts';
import { detectorSchema } from '../../config/detector.ts';
import { lookAround } from '../../detector/watch/look.ts';
import { registerToken } from '../../store/console/token-registry.ts';
import type { RegisteredToken } from '../../store/console/token-registry.ts';
import type { IncidentRow } from '../../store/incidents/snapshots.ts';
import { hashOf, openStage } from './stage.ts';
import type { Stage } from './stage.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage.close();
});

/** A token's dates as its claims state them. */
function dates(issuedAt: number, expiresAt: number) {
  return {
    [TW.tokenIssuedAt]: Math.floor(issuedAt / 1000),
    [TW.tokenExpiresAt]: Math.floor(expiresAt / 1000),
  };
}

async function register(token: string, facts: Partial<RegisteredToken>): Promise<void> {
  const nothing = {
    ...{ tokenHash: hashOf(token), clientId: 'acme', environment: '', grantedScopes: [] },
    ...{ issuedAt: 0, expiresAt: 0, revokedAt: 0, clientCertSha256: '', allowedNetworks: [] },
    registeredBy: 'person:test',
  };
  await registerToken(stage.store.db, { ...nothing, ...facts }, Date.now());
}

/** Whom an incident reaches where its owners have a route, and all else goes to the SOC. */
function toldOf(incident: IncidentRow | undefined): string[] {
  const hook = {
    type: 'webhook',
    url: 'https://hooks.example',
    secrets: [`whsec_${'A'.repeat(32)}`],
  };
  const config = alertingSchema.parse({
    receivers: { soc: hook, 'acme-team': hook, 'zeta-team': hook },
    route: {
      receiver: 'soc',
      routes: ['acme', 'zeta'].map((client) => ({
        match: { client, detection: 'lifecycle.*' },
        receiver: `${client}-team`,
      })),
    },
  });
  const { severity = 'low', clientId: client = '', detections = [] } = incident ?? {};
  const where = { services: [], environments: [], token: '', campaign: false };
  const labels = { severity, client, detections, entity: 'token' as const, ...where };
  const { receivers } = explainRoute(config, labels, Date.now());
  return receivers.map(({ receiver }) => receiver);
}

const idsOf = (findings: readonly Finding[], token: string): string[] =>
  findings
    .filter((one) => one.tokenHash === hashOf(token) && one.family === 'lifecycle')
    .map((one) => one.detection);

describe('expired and revoked', () => {
  it('an expired token that is accepted is critical at first sight, with the calls so far', async () => {
    const now = Date.now();
    const attributes = dates(now - 2 * HOUR, now - HOUR);
    await stage.serve([{ token: 'late', attributes }]);
    await stage.settle();
    const [incident, ...others] = await stage.incidents(hashOf('late'));
    expect(others).toEqual([]);
    expect(incident?.severity).toBe('critical');
    expect(incident?.detections).toContain('lifecycle.expired-accepted');
    expect(incident?.explanation).toMatch(/1 call so far/);
    await stage.serve(Array.from({ length: 6 }, () => ({ token: 'late', attributes })));
    await stage.settle();
    const after = await stage.incidents(hashOf('late'));
    expect(after).toHaveLength(1);
    expect(after[0]?.explanation).toMatch(/7 calls so far/);
  });

  it('refused, or within the clocks’ difference, it is no matter', async () => {
    const now = Date.now();
    await stage.serve([
      { token: 'refused', status: 401, attributes: dates(now - 2 * HOUR, now - HOUR) },
      { token: 'just', attributes: dates(now - 2 * HOUR, now - 30_000) },
    ]);
    const found = await stage.look();
    expect([...idsOf(found, 'refused'), ...idsOf(found, 'just')]).toEqual([]);
  });

  it('a token is found that its issuer registered as revoked, or as expired', async () => {
    await register('revoked', { revokedAt: Date.now() - 10 * MINUTE });
    await register('ended', { expiresAt: Date.now() - 10 * MINUTE });
    await register('fine', { expiresAt: Date.now() + 100 * DAY });
    await stage.serve(['revoked', 'ended', 'fine'].map((token) => ({ token })));
    const found = await stage.look();
    expect(idsOf(found, 'revoked')).toEqual(['lifecycle.revoked-accepted']);
    expect(idsOf(found, 'ended')).toEqual(['lifecycle.expired-accepted']);
    expect(idsOf(found, 'fine')).toEqual([]);
  });
});

describe('what the clock makes due', () => {
  it('a token near its expiry is told once, its successor again', async () => {
    const now = Date.now();
    const near = { token: 'near', attributes: dates(now - 30 * DAY, now + 40 * HOUR) };
    const hourly = { token: 'hourly', attributes: dates(now - MINUTE, now + HOUR) };
    await register('unused', { expiresAt: now + 20 * HOUR });
    await stage.serve([near, hourly]);
    const found = await stage.look();
    expect(idsOf(found, 'near')).toEqual(['lifecycle.expiring']);
    expect(idsOf(found, 'unused')).toEqual(['lifecycle.expiring']);
    expect(idsOf(found, 'hourly')).toEqual([]);
    await stage.serve([near, hourly]);
    await stage.settle();
    const [notice, ...others] = await stage.incidents(hashOf('near'));
    expect(others).toEqual([]);
    expect(toldOf(notice)).toEqual(['acme-team']);
    expect(idsOf(await stage.look(), 'near')).toEqual([]);
    // The same token with a later expiry, and a new token.
    await stage.serve([
      { token: 'near', attributes: dates(now - 30 * DAY, now + 44 * HOUR) },
      { token: 'next', attributes: dates(now - DAY, now + 47 * HOUR + 3 * DAY) },
    ]);
    const later = await stage.look();
    expect(idsOf(later, 'near')).toEqual(['lifecycle.expiring']);
    expect(idsOf(later, 'next')).toEqual([]);
  });

  it('lifetimes and rotations are held against the policy', async () => {
    const now = Date.now();
    await stage.serve([
      { token: 'decade', attributes: dates(now - DAY, now + 3_650 * DAY) },
      { token: 'stale', attributes: dates(now - 200 * DAY, now + 100 * DAY) },
      { token: 'young', attributes: dates(now - 20 * DAY, now + 100 * DAY) },
    ]);
    const found = await stage.look();
    expect(idsOf(found, 'decade')).toEqual(['lifecycle.lifetime-over-policy']);
    expect(idsOf(found, 'stale')).toEqual(['lifecycle.rotation-overdue']);
    expect(idsOf(found, 'young')).toEqual([]);
  });

  it('an old token used long after its rotation is told, one that was put away is not', async () => {
    const now = Date.now();
    for (const name of ['kept', 'gone']) {
      const client = `rotating-${name}`;
      const old = {
        token: `${name}-old`,
        client,
        attributes: dates(now - 90 * DAY, now + 9 * DAY),
      };
      const young = {
        token: `${name}-new`,
        client,
        attributes: dates(now - 5 * DAY, now + 95 * DAY),
      };
      await stage.serve([
        { ...old, time: now - 20 * DAY },
        { ...young, time: now - 4 * DAY + HOUR },
        { ...(name === 'kept' ? old : young), time: now - HOUR * 2 },
      ]);
    }
    // Due at the end of the three days: a day ago.
    const scope = { by: 'event' as const, from: now - 2 * DAY, to: now };
    const seen = await lookAround(stage.store.db, scope, detectorSchema.parse({}));
    const due = seen.filter((one) => one.detection.id === 'lifecycle.overlap');
    expect(due.map((one) => one.entity.tokenHash)).toEqual([hashOf('kept-old')]);
    const live = await stage.look();
    expect(idsOf(live, 'kept-old')).toEqual(['lifecycle.overlap']);
    expect(idsOf(live, 'gone-old')).toEqual([]);
  });

  it('a token that slept for months is told when it wakes, and in a backtest at the same call', async () => {
    const now = Date.now();
    await stage.serve([
      ...[{ token: 'sleeper', time: now - 80 * DAY }, { token: 'sleeper' }],
      ...[{ token: 'monthly', time: now - 20 * DAY }, { token: 'monthly' }],
    ]);
    const found = await stage.look();
    expect(idsOf(found, 'sleeper')).toContain('lifecycle.dormant-active');
    expect(idsOf(found, 'monthly')).not.toContain('lifecycle.dormant-active');
    const scope = { by: 'event' as const, from: Math.floor(now / HOUR) * HOUR, to: now + HOUR };
    const seen = await lookAround(stage.store.db, scope, detectorSchema.parse({}));
    const awake = seen.filter((one) => one.detection.id === 'lifecycle.dormant-active');
    expect(awake.map((one) => one.entity.tokenHash)).toEqual([hashOf('sleeper')]);
    expect(awake[0]?.decidedAt).toBeGreaterThanOrEqual(now - 1);
  });
});

it('phantom transactions: a production token in staging, with calls and amounts, growing', async () => {
  const call = (amount: number) => ({
    ...{ token: 'phantom', environment: 'staging', method: 'POST', route: '/transfers' },
    attributes: {
      [TW.tokenEnvironment]: 'production',
      ...{ [TW.amount]: amount, [TW.currency]: 'EUR' },
    },
  });
  const amounts = [...Array<number>(36).fill(300), 1_600];
  await stage.serve(amounts.map(call));
  await stage.settle();
  const [incident, ...others] = await stage.incidents(hashOf('phantom'));
  expect(others).toEqual([]);
  expect(incident?.severity).toBe('critical');
  expect(incident?.explanation).toMatch(/37 calls, with 12,400\.00 EUR, recorded in staging/);
  await stage.serve(Array<number>(63).fill(100).map(call));
  await stage.settle();
  const [later] = await stage.incidents(hashOf('phantom'));
  expect(later?.explanation).toMatch(/100 calls, with 18,700\.00 EUR/);
});

it('the reverse: a staging token in production, at the first call', async () => {
  await stage.serve([
    { token: 'rehearsal', attributes: { [TW.tokenEnvironment]: 'staging' } },
    { token: 'real', attributes: { [TW.tokenEnvironment]: 'production' } },
  ]);
  await stage.settle();
  const [incident] = await stage.incidents(hashOf('rehearsal'));
  expect(incident?.severity).toBe('critical');
  expect(incident?.detections).toContain('environment.mismatch');
  expect(incident?.explanation).toMatch(/1 call.* recorded in production/);
  const real = await stage.incidents(hashOf('real'));
  expect(real.flatMap((one) => one.detections)).not.toContain('environment.mismatch');
});
