import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entityKeyOf, incidentId } from '../../model/incident.ts';
import type { IncidentEvent } from '../../model/incident-event.ts';
import { MORNING, findingOf } from '../../test/support/finding.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { appendEvents, readEvents, readIncident } from './events.ts';
import { countIncidents, listIncidents } from './snapshots.ts';

let store: TestStore;
const finding = findingOf();
const key = entityKeyOf(finding);
const id = incidentId(key, '');

const opened: IncidentEvent = {
  ...{ id: `${id}:opened`, incidentId: id, at: MORNING, actor: 'program:alerting', kind: 'opened' },
  ...{ entity: 'token', tokenHash: finding.tokenHash, clientId: finding.clientId },
};
const added: IncidentEvent = {
  ...{ id: `${id}:f1`, incidentId: id, at: MORNING, actor: 'program:alerting' },
  ...{ kind: 'finding_added', finding },
};

beforeAll(async () => {
  store = await openTestStore();
});

afterAll(async () => {
  await store.close();
});

describe('incidents', () => {
  it('are the fold of their events; a repeated event changes nothing', async () => {
    const [first] = await appendEvents(store.db, [opened, added]);
    await appendEvents(store.db, [added, opened]);
    expect(first?.version).toBe(2);
    expect(await readIncident(store.db, id)).toEqual(first);
    expect(await readEvents(store.db, id)).toHaveLength(2);
    expect(await readIncident(store.db, 'nothing')).toBeNull();
  });

  it('are listed by their latest state', async () => {
    const ack: IncidentEvent = {
      ...{ id: 'ack', incidentId: id, at: MORNING + 5, actor: 'person:ada', kind: 'acknowledged' },
    };
    await appendEvents(store.db, [ack]);
    const [row] = await listIncidents(store.db, { entityKeys: [key] });
    expect(row).toMatchObject({ id, status: 'acknowledged', assignee: 'person:ada', findings: 1 });
    expect(await countIncidents(store.db, { statuses: ['open'] })).toBe(0);
    expect(await countIncidents(store.db, { minSeverity: 'high', service: 'accounts' })).toBe(1);
    expect(await listIncidents(store.db, { minSeverity: 'critical' })).toEqual([]);
  });
});
