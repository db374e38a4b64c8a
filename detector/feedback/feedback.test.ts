import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../model/finding.ts';
import type { IncidentChange } from '../../model/incident-event.ts';
import { detectorSchema } from '../../config/detector.ts';
import { QUIETED_MS, readRefuted, readWatchOnly } from '../../store/detection/verdicts.ts';
import { readFindingsSince, writeFindings } from '../../store/findings/findings.ts';
import { appendEvents } from '../../store/incidents/events.ts';
import { insertTestCalls, tokenNamed } from '../../test/support/call-rows.ts';
import type { TestCall } from '../../test/support/call-rows.ts';
import { MORNING, findingOf } from '../../test/support/finding.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { DETECTIONS, CATALOGUE } from '../registry.ts';
import { environments } from '../watch/environments.ts';
import { reviewDetections } from './precision.ts';
import { feedbackFrom } from './quieted.ts';

let store: TestStore;
let events = 0;

beforeAll(async () => {
  store = await openTestStore();
});

afterAll(async () => {
  await store.close();
});

/** An incident of one finding, and what somebody said of it. */
async function judged(incidentId: string, finding: Finding, verdict: IncidentChange | null) {
  const { entity, tokenHash, clientId } = finding;
  const changes: IncidentChange[] = [
    { kind: 'opened', entity, tokenHash, clientId },
    { kind: 'finding_added', finding },
    ...(verdict === null ? [] : [verdict]),
  ];
  await appendEvents(
    store.db,
    changes.map((change, i) => ({
      ...change,
      id: `e${String((events += 1))}`,
      incidentId,
      at: MORNING + i,
      actor: 'person:alice',
    })),
  );
}

function countryFinding(tokenHash: string): Finding {
  const evidence = { value: 'BR', seen: 'BR' };
  const detection = 'geography.new-country';
  return findingOf({ detection, family: 'geography', tokenHash: tokenHash as never, evidence });
}

function notice(key: string, value: string): OpenNotice {
  const noticed = {
    ...{ bits: 20, thresholdBits: 16, value, explanation: '', windowStart: 0, windowEnd: 1 },
    evidence: { value, seen: value },
  };
  const entity = { kind: 'token', key, tokenHash: key, clientId: 'acme' } as const;
  return { detection: DETECTIONS.geographyNewCountry, entity, noticed, moment: 1 };
}

describe('feedback', () => {
  it('quietens what was called a false positive, and lists who said so', async () => {
    const [wrong, right, open] = ['a', 'b', 'c'].map((name) => tokenNamed(name));
    const refuted: IncidentChange = { kind: 'false_positive', reason: 'their new office' };
    await judged('one', countryFinding(wrong ?? ''), refuted);
    await judged('two', countryFinding(right ?? ''), { kind: 'resolved', reason: 'stolen' });
    await judged('three', countryFinding(open ?? ''), null);
    const rows = await readRefuted(store.db, MORNING - QUIETED_MS);
    expect(rows).toMatchObject([
      { tokenHash: wrong, value: 'BR', owner: 'person:alice', reason: 'their new office' },
    ]);
    const feedback = feedbackFrom(rows);
    expect(feedback.isQuieted(notice(wrong ?? '', 'BR'))).toBe(true);
    expect(feedback.isQuieted(notice(wrong ?? '', 'AR'))).toBe(false);
    expect(feedback.isQuieted(notice(right ?? '', 'BR'))).toBe(false);
    expect(feedback.worth(wrong ?? '', 'country', 'BR')).toBe(5);
    expect(feedback.worth(right ?? '', 'country', 'BR')).toBe(0);
    expect(await readRefuted(store.db, MORNING + QUIETED_MS)).toEqual([]);
  });

  it('approves a token, or all of a client, in an environment', async () => {
    const range = { by: 'event', from: MORNING - 10 * 3_600_000, to: MORNING } as const;
    const call = (name: string, clientId: string): TestCall => ({
      ...{ time: range.from + 1000, tokenHash: tokenNamed(name), clientId, service: 's' },
      ...{ environment: 'production', tokenEnvironment: 'staging', scope: '', method: 'GET' },
      ...{ route: '/', status: 200, country: '', asn: 0, networkKind: 'unknown' },
    });
    await insertTestCalls(store.db, [call('d', 'acme'), call('e', 'acme'), call('f', 'beta')]);
    const settings = detectorSchema.parse({});
    const seen = async () =>
      (await environments.look(store.db, range, settings)).map((one) => one.entity.key).sort();
    expect(await seen()).toEqual(['d', 'e', 'f'].map((name) => tokenNamed(name)).sort());
    const mismatch = {
      ...{ detection: 'environment.mismatch', family: 'environment' as const, clientId: 'acme' },
      evidence: { value: 'production', seen: 'production' },
    };
    const refuted: IncidentChange = { kind: 'false_positive', reason: 'meant to be so' };
    await judged('four', findingOf({ ...mismatch, tokenHash: tokenNamed('d') as never }), refuted);
    expect(await seen()).toEqual(['e', 'f'].map((name) => tokenNamed(name)).sort());
    await judged('five', findingOf({ ...mismatch, entity: 'client', tokenHash: '' }), refuted);
    expect(await seen()).toEqual([tokenNamed('f')]);
  });

  it('keeps findings of a detection that is mostly wrong, and makes no incident of them', async () => {
    const surge = (i: number): Finding => findingOf({ id: `s${String(i)}` });
    for (let i = 0; i < 12; i += 1) {
      await judged(`wrong-${String(i)}`, surge(i), { kind: 'false_positive', reason: 'batch' });
    }
    await writeFindings(store.db, [surge(1), { ...countryFinding(tokenNamed('a')), id: 'g1' }]);
    const followed = async () =>
      (await readFindingsSince(store.db, 0, 10)).map((one) => one.finding.id).sort();
    expect(await followed()).toEqual(['g1', 's1']);
    const at = MORNING + 3_600_000;
    expect(await reviewDetections(store.db, at, CATALOGUE)).toMatchObject([
      { detection: 'volume.surge', reason: expect.stringContaining('12 of 12') as string },
    ]);
    expect(await followed()).toEqual(['g1']);
    expect(await reviewDetections(store.db, at + 1, CATALOGUE)).toEqual([]);
    // The verdicts are forgotten in time, and it may alarm again.
    const later = at + 91 * 86_400_000;
    expect(await reviewDetections(store.db, later, CATALOGUE)).toMatchObject([{ reason: '' }]);
    expect(await readWatchOnly(store.db)).toEqual([]);
    expect(await followed()).toEqual(['g1', 's1']);
  });
});
