import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MORNING, findingOf } from '../test/support/finding.ts';
import { findCampaigns } from './campaign.ts';
import { correlate } from './correlate.ts';
import type { TokenHash } from './hash.ts';
import { MAX_FINDINGS, fold, foldOnto } from './incident.ts';
import type { Incident } from './incident.ts';
import type { IncidentEvent } from './incident-event.ts';

const OPTIONS = { reopenWithin: 86_400_000, falsePositiveFor: 30 * 86_400_000 };
const DAY = 86_400_000;

function closed(
  kind: 'resolved' | 'false_positive',
  at: number,
): { incident: Incident; events: IncidentEvent[] } {
  const events = correlate(null, findingOf(), OPTIONS);
  const id = events[0]?.incidentId ?? '';
  events.push({ id: 'end', incidentId: id, at, actor: 'person:ada', kind, reason: '' });
  return { incident: fold(events), events };
}

describe('fold', () => {
  it('gives the same incident for shuffled and repeated events', () => {
    const { events } = closed('resolved', MORNING + DAY);
    const more = [
      ...events,
      ...correlate(fold(events), findingOf({ id: 'f2', detectedAt: MORNING + DAY + 5 }), OPTIONS),
    ];
    const expected = fold(more);
    expect(expected).toMatchObject({ status: 'open', version: 5 });
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...more, ...more], { minLength: more.length * 2 }),
        (shuffled) => {
          expect(fold(shuffled)).toEqual(expected);
        },
      ),
    );
    expect(foldOnto(fold(more.slice(0, 3)), more.slice(3))).toEqual(expected);
  });

  it('counts only the strongest finding of each family', () => {
    const first = correlate(null, findingOf({ score: 80, bits: 30 }), OPTIONS);
    const again = correlate(fold(first), findingOf({ id: 'f2', score: 70, bits: 20 }), OPTIONS);
    expect(fold([...first, ...again])).toMatchObject({ score: 80, bits: 30 });
    const other = correlate(
      fold(first),
      findingOf({ id: 'f3', family: 'geography', score: 50, bits: 20 }),
      OPTIONS,
    );
    expect(fold([...first, ...other])).toMatchObject({ score: 90, bits: 50 });
  });

  it('is called after its gravest finding, of equally grave ones after the strongest', () => {
    const grave = findingOf({ id: 'a', severity: 'critical', bits: 15, title: 'grave' });
    const graver = findingOf({ id: 'b', severity: 'critical', bits: 16, title: 'graver' });
    const loud = findingOf({ id: 'c', severity: 'high', bits: 300, title: 'loud' });
    for (const order of [
      [loud, grave, graver],
      [graver, grave, loud],
    ]) {
      let events: IncidentEvent[] = [];
      for (const finding of order)
        events = [
          ...events,
          ...correlate(events.length === 0 ? null : fold(events), finding, OPTIONS),
        ];
      expect(fold(events)).toMatchObject({ title: 'graver', severity: 'critical' });
    }
  });

  it('keeps what is closed closed when an acknowledgement comes late', () => {
    const { events, incident } = closed('resolved', MORNING + DAY);
    const late: IncidentEvent = {
      ...{ id: 'z', incidentId: incident.id, at: MORNING + 2 * DAY },
      actor: 'a',
      kind: 'acknowledged',
    };
    expect(fold([...events, late]).status).toBe('resolved');
  });
});

describe('correlate', () => {
  it('opens once, whichever finding comes first', () => {
    const [a] = correlate(null, findingOf({ id: 'x' }), OPTIONS);
    const [b] = correlate(null, findingOf({ id: 'y' }), OPTIONS);
    expect(a?.id).toBe(b?.id);
  });

  it('adds a known finding no more', () => {
    const incident = fold(correlate(null, findingOf(), OPTIONS));
    expect(correlate(incident, findingOf(), OPTIONS)).toEqual([]);
  });

  it('reopens soon after closing, opens another one later, and leaves late news closed', () => {
    const { incident } = closed('resolved', MORNING + DAY);
    const kinds = (detectedAt: number): string[] =>
      correlate(incident, findingOf({ id: 'n', detectedAt }), OPTIONS).map((event) => event.kind);
    expect(kinds(MORNING + DAY - 1)).toEqual(['finding_added']);
    expect(kinds(MORNING + DAY + 1)).toEqual(['finding_added', 'reopened']);
    expect(kinds(MORNING + 3 * DAY)).toEqual(['opened', 'finding_added']);
  });

  it('lets a false-positive verdict quiet the same detection of the same value only', () => {
    const { incident } = closed('false_positive', MORNING + DAY);
    const at = MORNING + 3 * DAY;
    const kinds = (change: object): string[] =>
      correlate(incident, findingOf({ id: 'n', detectedAt: at, ...change }), OPTIONS).map(
        (event) => event.kind,
      );
    expect(kinds({})).toEqual(['finding_added']);
    expect(kinds({ evidence: { value: 'BR', seen: 'BR' } })).toEqual(['opened', 'finding_added']);
    expect(kinds({ detectedAt: MORNING + 40 * DAY })).toEqual(['opened', 'finding_added']);
  });

  it('stays bounded, yet takes what is graver', () => {
    let incident = fold(correlate(null, findingOf(), OPTIONS));
    for (let n = 0; n < MAX_FINDINGS + 50; n += 1) {
      const events = correlate(incident, findingOf({ id: `n${String(n)}` }), OPTIONS);
      incident = events.length === 0 ? incident : foldOnto(incident, events);
    }
    expect(incident.findings).toHaveLength(MAX_FINDINGS);
    expect(incident.saturated).toBe(true);
    const graver = correlate(incident, findingOf({ id: 'g', severity: 'critical' }), OPTIONS);
    expect(graver.map((event) => event.kind)).toEqual(['finding_added']);
  });
});

describe('campaigns', () => {
  const token = (n: number, clientId: string, asn?: string): Incident =>
    fold(
      correlate(
        null,
        findingOf({
          ...{
            id: `t${String(n)}`,
            tokenHash: n.toString(16).padStart(64, '0') as TokenHash,
            clientId,
          },
          ...(asn === undefined ? {} : { evidence: { seen: 1, facts: { asn } } }),
        }),
        OPTIONS,
      ),
    );
  const find = (incidents: Incident[], known: Incident[] = []): IncidentEvent[] =>
    findCampaigns(incidents, () => known[0], { size: 3, window: 3_600_000 }, MORNING + 600_000);

  it('join many tokens of one client, and each incident once', () => {
    const incidents = [1, 2, 3].map((n) => token(n, 'acme'));
    const events = find(incidents);
    expect(events.map((event) => event.kind).sort()).toEqual([
      'joined',
      'joined',
      'joined',
      'member_added',
      'member_added',
      'member_added',
      'opened',
    ]);
    const campaign = fold(events.filter((event) => event.incidentId === events[0]?.incidentId));
    expect(campaign).toMatchObject({
      title: 'Campaign: 3 tokens of acme',
      severity: 'high',
      services: ['accounts'],
    });
    expect(find(incidents.slice(0, 2))).toEqual([]);
    expect(
      find([...incidents].reverse())
        .map((event) => event.id)
        .sort(),
    ).toEqual(events.map((event) => event.id).sort());
  });

  it('join one network across clients, not within one', () => {
    const across = [token(1, 'a', 'AS64500'), token(2, 'b', '64500'), token(3, 'c', 'AS64500')];
    const [opened] = find(across);
    expect(opened).toMatchObject({ kind: 'opened', campaign: { kind: 'network', key: 'AS64500' } });
    expect(find([token(1, 'a', 'AS1'), token(2, 'b', 'AS2'), token(3, 'c', 'AS3')])).toEqual([]);
  });

  it('take in further incidents while they are open', () => {
    const events = find([1, 2, 3].map((n) => token(n, 'acme')));
    const campaign = fold(events.filter((event) => event.incidentId === events[0]?.incidentId));
    expect(find([token(4, 'acme')], [campaign]).map((event) => event.kind)).toEqual([
      'member_added',
      'joined',
    ]);
  });
});
