import { describe, expect, it } from 'vitest';
import { alertingSchema } from '../../config/alerting.ts';
import type { AlertingConfig } from '../../config/alerting.ts';
import { SEVERITY_NAMES } from '../../config/severity-names.ts';
import { timeIntervalSchema } from '../../config/routes.ts';
import { correlate } from '../../model/correlate.ts';
import { fits } from '../../model/incident-match.ts';
import type { Labels } from '../../model/incident-match.ts';
import { fold } from '../../model/incident.ts';
import type { Incident } from '../../model/incident.ts';
import { SEVERITIES } from '../../model/severity.ts';
import { MORNING, findingOf } from '../../test/support/finding.ts';
import { decide, toldOf } from './decide.ts';
import type { GroupState } from './decide.ts';
import { explainRoute } from './explain.ts';
import { isWithin } from './intervals.ts';
import { createQuiet } from './quiet.ts';
import { routingTree } from './tree.ts';
import type { Destination } from './tree.ts';

const mail = { type: 'webhook', url: 'https://x.example', secrets: ['whsec_eA=='] };
const receivers = { soc: mail, oncall: mail, boss: mail };

function configOf(section: Record<string, unknown>): AlertingConfig {
  return alertingSchema.parse({ receivers, ...section });
}

function labels(change: Partial<Labels> = {}): Labels {
  return {
    ...{
      severity: 'high',
      detections: ['volume.surge'],
      client: 'acme-pay',
      services: ['accounts'],
    },
    ...{ environments: ['production'], token: 'a1', entity: 'token', campaign: false },
    ...change,
  };
}

function incidentOf(change: Parameters<typeof findingOf>[0] = {}): Incident {
  return fold(correlate(null, findingOf(change), { reopenWithin: 1, falsePositiveFor: 1 }));
}

describe('the routing tree', () => {
  const config = configOf({
    route: {
      receiver: 'soc',
      routes: [
        { match: { client: 'acme-*' }, receiver: 'oncall', continue: true },
        {
          match: { min_severity: 'high' },
          routes: [{ match: { environment: ['staging', 'test'] }, receiver: 'boss' }],
          escalate: [{ after: '15m', receiver: 'boss' }],
        },
        { match: { detection: 'volume.*' }, receiver: 'boss' },
      ],
    },
  });
  const to = (change: Partial<Labels>): string[] =>
    routingTree(config)
      .destinations(labels(change))
      .map(({ receiver, escalateAfter }) =>
        escalateAfter === null ? receiver : `${receiver} later`,
      );

  it('takes the first child that matches, and goes on only after `continue`', () => {
    expect(to({})).toEqual(['oncall', 'soc', 'boss later']);
    expect(to({ client: 'other' })).toEqual(['soc', 'boss later']);
    expect(to({ client: 'other', environments: ['staging'] })).toEqual(['boss', 'boss later']);
    expect(to({ client: 'other', severity: 'low' })).toEqual(['boss']);
    expect(to({ client: 'other', severity: 'low', detections: ['scope.first-use'] })).toEqual([
      'soc',
    ]);
  });

  it('explains the path', () => {
    const { path, receivers: found } = explainRoute(config, labels({ client: 'other' }), MORNING);
    expect(path).toEqual(['route', 'route.routes[1]']);
    expect(found[1]).toMatchObject({
      receiver: 'boss',
      path: 'route.routes[1].escalate[0]',
      wait: 900_000,
    });
  });

  it('without one, tells everybody who can be told', () => {
    expect(
      routingTree(configOf({}))
        .destinations(labels())
        .map((one) => one.receiver),
    ).toEqual(['soc', 'oncall', 'boss']);
  });

  it('refuses names that are not there', () => {
    for (const route of [
      ...[
        { receiver: 'nobody' },
        { receiver: 'soc', mute: ['nights'] },
        { receiver: 'soc', routes: [{ receiver: 'x' }] },
      ],
      { receiver: 'soc', escalate: [{ after: '5m', receiver: 'x' }] },
    ]) {
      expect(() => configOf({ route })).toThrow(/is called/);
    }
  });

  it('refuses a root that leaves incidents untold, and a route to what revokes', () => {
    const child = { match: { min_severity: 'high' }, receiver: 'soc' };
    expect(() => configOf({ route: { routes: [child] } })).toThrow(/root tells what no child/);
    const issuer = { ...mail, type: 'revocation' };
    const all = { ...receivers, issuer };
    for (const route of [
      { receiver: 'issuer' },
      { receiver: 'soc', routes: [{ receiver: ['soc', 'issuer'] }] },
      { receiver: 'soc', escalate: [{ after: '5m', receiver: 'issuer' }] },
    ]) {
      expect(() => configOf({ receivers: all, route })).toThrow(/issuer revokes tokens and tells/);
    }
    expect(() => configOf({ receivers: all, route: { receiver: 'soc' } })).not.toThrow();
  });

  it('has the same severities as the model', () => {
    expect([...SEVERITY_NAMES]).toEqual([...SEVERITIES]);
  });
});

it('patterns: * stands for any run of characters, everything else for itself', () => {
  expect(fits('acme-*', 'acme-pay')).toBe(true);
  expect(fits('*.surge', 'volume.surge')).toBe(true);
  expect(fits('a*b*c', 'a-b-b-c')).toBe(true);
  expect(fits('a*b*c', 'a-c')).toBe(false);
  expect(fits('ab*ba', 'aba')).toBe(false);
  expect(fits('.*', 'x')).toBe(false);
  expect(fits('a', 'ab')).toBe(false);
});

describe('time intervals', () => {
  const at = (iso: string): number => Date.parse(iso);
  const nights = timeIntervalSchema.parse([
    {
      zone: 'Europe/Berlin',
      times: ['22:00-06:00'],
      weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'],
    },
  ]);

  it('run past midnight and belong to the day on which they began', () => {
    expect(isWithin(nights, at('2026-11-20T22:30:00+01:00'))).toBe(true); // Friday evening
    expect(isWithin(nights, at('2026-11-21T05:59:00+01:00'))).toBe(true); // Saturday, Friday's night
    expect(isWithin(nights, at('2026-11-21T06:00:00+01:00'))).toBe(false);
    expect(isWithin(nights, at('2026-11-21T23:00:00+01:00'))).toBe(false); // Saturday evening
    expect(isWithin(nights, at('2026-11-23T05:00:00+01:00'))).toBe(false); // Monday, Sunday's night
  });

  it('follow the zone through daylight saving', () => {
    const hour = timeIntervalSchema.parse([{ zone: 'America/New_York', times: ['09:00-10:00'] }]);
    expect(isWithin(hour, at('2026-07-01T13:30:00Z'))).toBe(true);
    expect(isWithin(hour, at('2026-12-01T13:30:00Z'))).toBe(false);
    expect(isWithin(hour, at('2026-12-01T14:30:00Z'))).toBe(true);
  });

  it('a night in which the clock is set belongs to the day on which it began', () => {
    const first = timeIntervalSchema.parse([
      { zone: 'Europe/Berlin', times: ['22:00-06:00'], days_of_month: [24, 28] },
    ]);
    // 25 October 2026, the hour from 2 to 3 comes twice; 29 March, it does not come at all.
    for (const inside of [
      ...['2026-10-24T22:00:00+02:00', '2026-10-25T00:30:00+02:00', '2026-10-25T02:30:00+02:00'],
      ...['2026-10-25T02:30:00+01:00', '2026-10-25T05:59:00+01:00', '2026-03-29T01:59:00+01:00'],
      ...['2026-03-29T03:00:00+02:00', '2026-03-29T05:59:00+02:00'],
    ]) {
      expect([inside, isWithin(first, at(inside))]).toEqual([inside, true]);
    }
    for (const outside of [
      ...['2026-10-24T21:59:00+02:00', '2026-10-25T06:00:00+01:00', '2026-10-25T22:30:00+01:00'],
      ...['2026-03-29T06:00:00+02:00', '2026-03-29T23:00:00+02:00'],
    ]) {
      expect([outside, isWithin(first, at(outside))]).toEqual([outside, false]);
    }
  });

  it('are active for as long as the day is: 23 hours, 25 hours', () => {
    const day = timeIntervalSchema.parse([{ zone: 'Europe/Berlin', weekdays: ['sun'] }]);
    const minutes = (from: string): number =>
      Array.from({ length: 72 * 60 }, (_unused, n) => at(from) + n * 60_000).filter((moment) =>
        isWithin(day, moment),
      ).length;
    expect(minutes('2026-03-28T00:00:00Z')).toBe(23 * 60);
    expect(minutes('2026-10-24T00:00:00Z')).toBe(25 * 60);
  });
});

describe('quiet', () => {
  const config = configOf({
    route: { receiver: 'soc', mute: ['always'] },
    time_intervals: { always: [{}] },
    inhibit: [
      { source: { severity: 'critical' }, target: { severity: 'medium' }, equal: ['client'] },
    ],
  });
  const rule = { mute: [], active: [] } as unknown as Destination['rule'];
  const to: Destination = { receiver: 'soc', path: 'route', escalateAfter: null, rule };

  it('silences what matches while it is in force', () => {
    const quiet = createQuiet(config);
    const silence = {
      id: 's1',
      match: { client: 'acme-*' },
      owner: 'ada',
      comment: '',
      createdAt: 0,
      startsAt: 10,
      endsAt: 20,
    };
    quiet.refresh([silence], []);
    expect(quiet.hold(incidentOf(), to, 15)).toBe('silence s1');
    expect(quiet.hold(incidentOf(), to, 20)).toBeNull();
    expect(quiet.hold(incidentOf({ clientId: 'other' }), to, 15)).toBeNull();
  });

  it('inhibits by an open graver incident with the same client, never where the label is missing', () => {
    const quiet = createQuiet(config);
    const grave = incidentOf({ severity: 'critical', tokenHash: '' as never, entity: 'client' });
    const nameless = incidentOf({
      severity: 'critical',
      clientId: '',
      tokenHash: 'b'.repeat(64) as never,
    });
    quiet.refresh([], [grave, nameless]);
    expect(quiet.hold(incidentOf({ severity: 'medium' }), to, 0)).toBe(`inhibited by ${grave.id}`);
    expect(quiet.hold(incidentOf({ severity: 'medium', clientId: '' }), to, 0)).toBeNull();
    expect(quiet.hold(incidentOf({ severity: 'high' }), to, 0)).toBeNull();
    quiet.refresh([], [{ ...grave, closedAt: 5 }]);
    expect(quiet.hold(incidentOf({ severity: 'medium' }), to, 0)).toBeNull();
  });

  it('mutes by time', () => {
    const muted = { ...to, rule: { ...rule, mute: ['always'] } };
    expect(createQuiet(config).hold(incidentOf(), muted, 0)).toBe('muted by always');
  });
});

describe('what is told when', () => {
  const [to] = routingTree(
    configOf({ route: { receiver: 'soc', repeat_interval: '4h' } }),
  ).destinations(labels());
  if (to === undefined) throw new Error('there is a destination');
  const incident = incidentOf({ severity: 'medium' });
  const fresh: GroupState = { since: MORNING, told: new Map(), toldAt: 0, toldAloudAt: 0 };
  const after = (state: Incident, at: number): GroupState => ({
    ...{ since: MORNING, told: new Map([[state.id, toldOf(state)]]), toldAt: at, toldAloudAt: at },
  });
  const HOUR = 3_600_000;

  it('a medium incident gathers for a while, a high one does not', () => {
    expect(decide(fresh, [incident], to, true, MORNING)).toEqual({
      kind: 'wait',
      at: MORNING + 10_000,
    });
    expect(decide(fresh, [incident], to, true, MORNING + 10_000)).toMatchObject({
      kind: 'tell',
      reason: 'first',
    });
    expect(decide(fresh, [incidentOf()], to, true, MORNING)).toMatchObject({
      kind: 'tell',
      reason: 'first',
    });
  });

  it('a raised severity is told at once and says so; a further finding waits or stays silent', () => {
    const told = after(incident, MORNING);
    const raised = { ...incident, severity: 'critical' as const };
    expect(decide(told, [raised], to, false, MORNING + 1)).toMatchObject({
      why: 'raised from medium to critical',
    });
    const grown = { ...incident, detections: ['volume.surge', 'x'] };
    expect(decide(told, [grown], to, false, MORNING + 1)).toEqual({
      kind: 'wait',
      at: MORNING + 300_000,
    });
    const more = { ...incident, findings: [...incident.findings, ...incident.findings] };
    expect(decide(told, [more], to, false, MORNING + HOUR).kind).toBe('wait');
    expect(decide(told, [more], to, true, MORNING + HOUR)).toMatchObject({
      reason: 'update',
      aloud: false,
    });
  });

  it('is repeated while nobody acknowledges, and not after', () => {
    const told = after(incident, MORNING);
    expect(decide(told, [incident], to, true, MORNING + 4 * HOUR)).toMatchObject({
      reason: 'repeat',
    });
    const acknowledged = { ...incident, status: 'acknowledged' as const };
    const state = after(acknowledged, MORNING);
    expect(decide(state, [acknowledged], to, true, MORNING + 9 * HOUR)).toEqual({
      kind: 'nothing',
    });
  });

  it('escalates only what nobody acknowledged', () => {
    const later = { ...to, escalateAfter: 900_000 };
    expect(decide(fresh, [incident], later, true, MORNING + 1)).toEqual({
      kind: 'wait',
      at: MORNING + 900_000,
    });
    expect(decide(fresh, [incident], later, true, MORNING + 900_000)).toMatchObject({
      reason: 'escalation',
    });
    const acknowledged = { ...incident, status: 'acknowledged' as const };
    expect(decide(fresh, [acknowledged], later, true, MORNING + 900_000)).toEqual({
      kind: 'nothing',
    });
  });

  it('a clock that is set back repeats nothing', () => {
    const told = after(incident, MORNING);
    expect(decide(told, [incident], to, true, MORNING - 24 * HOUR)).toEqual({
      kind: 'wait',
      at: MORNING + 4 * HOUR,
    });
  });
});
