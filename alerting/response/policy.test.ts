import { describe, expect, it } from 'vitest';
import { revocationPolicySchema } from '../../config/revocation.ts';
import type { RevocationPolicy } from '../../config/revocation.ts';
import { foldFindings } from '../../model/fold-findings.ts';
import type { Incident } from '../../model/incident.ts';
import { findingOf } from '../../test/support/finding.ts';
import { autoApproves, haltOf, refusalOf } from './policy.ts';
import type { RevocationFacts } from './policy.ts';

const HOUR = 3_600_000;
const [FOUND] = foldFindings([findingOf()], { mergeWithin: HOUR });
if (FOUND === undefined) throw new Error('a finding is an incident');
const INCIDENT: Incident = {
  ...{ ...FOUND, severity: 'critical', detections: ['volume.surge', 'geography.new-country'] },
};
const FACTS: RevocationFacts = {
  ...{ stopped: false, lastHour: 0, receivers: 1 },
  ...{ requestedBy: 'person:ada', approvedBy: 'person:ben' },
};

/** As configured; what is left out is as it comes. */
function policy(set: object = {}): RevocationPolicy {
  return revocationPolicySchema.parse({ mode: 'approve', ...set });
}

describe('a revocation', () => {
  it('that two people want is carried out where nothing speaks against it', () => {
    expect(refusalOf(policy({ second_person: true }), INCIDENT, FACTS)).toBeNull();
  });

  it('is off until somebody chooses otherwise', () => {
    expect(haltOf(revocationPolicySchema.parse({}), INCIDENT, false)).toMatch(/^revocation is off/);
  });

  it.each([
    ['the token is never revoked', { never: { tokens: [INCIDENT.tokenHash] } }, /the token is on/],
    ['nor are those of the client', { never: { clients: ['acme-*'] } }, /the client is on/],
  ])('is refused whoever approved it: %s', (_what, set, words) => {
    expect(refusalOf(policy(set), INCIDENT, FACTS)).toMatch(words);
  });

  it.each([
    ['the stop', { stopped: true }, {}, /stopped for all/],
    ['the cap', { lastHour: 10 }, {}, /hourly cap of 10/],
    ['nobody who would do it', { receivers: 0 }, {}, /no receiver/],
    ['one person twice', { approvedBy: 'person:ada' }, {}, /somebody else/],
    ['who may be one person', { approvedBy: 'slack:U0ADA' }, {}, /may be the same person/],
    ['a false positive', {}, { status: 'false_positive' }, /false positive/],
    ['no single token', {}, { entity: 'client', tokenHash: '' }, /no single token/],
  ] as const)('is refused: %s', (_what, facts, incident, words) => {
    const set = policy({ second_person: true });
    expect(refusalOf(set, { ...INCIDENT, ...incident }, { ...FACTS, ...facts })).toMatch(words);
  });
});

describe('by itself, the program', () => {
  const auto = { clients: ['acme-*'], environments: ['production'], detections: ['geography.*'] };

  it('revokes what has all that it was told to ask for', () => {
    expect(autoApproves(policy({ mode: 'auto', auto }), INCIDENT)).toBe(true);
  });

  it.each([
    ['with a mode that asks people', { mode: 'approve' }, {}],
    ['for one detection alone', {}, { detections: ['geography.new-country'] }],
    ['for a lesser severity', {}, { severity: 'high' }],
    ['for another client', {}, { clientId: 'other' }],
    ['in another environment', {}, { environments: ['staging'] }],
    ['for other detections', {}, { detections: ['volume.surge', 'volume.record'] }],
    ['when somebody closed it', {}, { closedAt: 1 }],
    ['when it was none', {}, { status: 'false_positive' }],
    ['what is no token', {}, { entity: 'client' }],
  ] as const)('revokes nothing %s', (_what, set, incident) => {
    const asked = policy({ mode: 'auto', auto, ...set });
    expect(autoApproves(asked, { ...INCIDENT, ...incident } as Incident)).toBe(false);
  });
});
