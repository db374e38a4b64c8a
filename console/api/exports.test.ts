import { describe, expect, it } from 'vitest';
import { fold } from '../../model/incident.ts';
import type { IncidentEvent } from '../../model/incident-event.ts';
import { HOSTILE } from '../../test/support/console-seed.ts';
import { MORNING, findingOf } from '../../test/support/finding.ts';
import { incidentMarkdown } from './markdown.ts';
import { detectionFinding } from './ocsf.ts';

function incidentWith(change: Parameters<typeof findingOf>[0], more: IncidentEvent[] = []) {
  const finding = findingOf(change);
  const common = { incidentId: 'i1', at: MORNING, actor: 'program:alerting' };
  const { entity, tokenHash, clientId } = finding;
  return fold([
    { ...common, id: '1', kind: 'opened', entity, tokenHash, clientId },
    { ...common, id: '2', kind: 'finding_added', finding },
    ...more,
  ]);
}

describe('OCSF', () => {
  it('is a Detection Finding with its ids in place', () => {
    const event = detectionFinding(incidentWith({}), { at: MORNING, version: '1.0.0' });
    expect(event).toMatchObject({
      ...{ category_uid: 2, class_uid: 2004, activity_id: 1, type_uid: 200401, time: MORNING },
      ...{ severity_id: 4, status_id: 1, confidence_id: 3 },
      metadata: { version: '1.9.0', product: { name: 'tokenwatch' } },
      finding_info: { uid: 'i1', title: 'Far more calls than usual' },
    });
    expect(event).not.toHaveProperty('verdict_id');
  });

  it('is closed with a verdict', () => {
    const closed: IncidentEvent = {
      ...{ id: '3', incidentId: 'i1', at: MORNING + 1, actor: 'person:ada' },
      ...{ kind: 'false_positive', reason: 'a drill' },
    };
    const event = detectionFinding(incidentWith({}, [closed]), { at: MORNING, version: '1' });
    expect(event).toMatchObject({ activity_id: 3, type_uid: 200403, status_id: 3, verdict_id: 1 });
  });
});

describe('Markdown', () => {
  it('tells what happened and where it is shown', () => {
    const text = incidentMarkdown(incidentWith({}), 'https://tw.example/incidents/i1');
    expect(text).toContain('## HIGH: Far more calls than usual');
    expect(text).toContain('1,204 calls in 5 min');
    expect(text).toContain('https://tw.example/incidents/i1');
  });

  it.each(Object.entries(HOSTILE))('keeps a %s name text', (_kind, name) => {
    const text = incidentMarkdown(incidentWith({ title: name, clientId: name }), '');
    expect(text).not.toMatch(/(^|[^\\])<script/);
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(text.length).toBeLessThan(5_000);
  });
});
