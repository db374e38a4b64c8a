import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectorSchema } from '../../config/detector.ts';
import { createLogger } from '../../config/logger.ts';
import type { Incident } from '../../model/incident.ts';
import { foldWhatIf } from '../../model/what-if.ts';
import type { WhatIfAsked } from '../../model/what-if.ts';
import { createLease } from '../../store/lease.ts';
import type { Lease } from '../../store/lease.ts';
import { appendWhatIfStep, listWhatIfs, readWhatIf } from '../../store/what-if/questions.ts';
import {
  changedParameters,
  readDetectionSettings,
  writeDetectionSetting,
} from '../../store/what-if/settings.ts';
import { insertTestCalls, seeded, tokenNamed } from '../../test/support/call-rows.ts';
import type { TestCall } from '../../test/support/call-rows.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { UNCALIBRATED, thresholdsFrom } from '../calibration/calibration.ts';
import { withParameters } from '../parameters.ts';
import { DETECTIONS } from '../registry.ts';
import { compare } from './compare.ts';
import { createLiveSettings } from './live-settings.ts';
import { createWhatIfWorker } from './worker.ts';
import type { WhatIfWorker } from './worker.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const log = createLogger('detector', 'silent');
const random = seeded(5);

let store: TestStore;
let worker: WhatIfWorker;
let lease: Lease;

function call(t: number, time: number, country = 'DE'): TestCall {
  return {
    ...{ time: Math.floor(time), tokenHash: tokenNamed(`t${String(t)}`), clientId: 'acme' },
    ...{ service: 'accounts', environment: 'production', tokenEnvironment: 'production' },
    ...{ scope: 'accounts:read', method: 'GET', route: '/accounts', status: 200 },
    ...{ country, asn: 3320, networkKind: 'hosting' },
  };
}

const never = new AbortController().signal;

async function ask(id: string, change: Partial<WhatIfAsked> = {}): Promise<void> {
  const asked = { detection: 'geography.new-country', parameters: { bits: 200 }, days: 1 };
  await appendWhatIfStep(store.db, id, { kind: 'asked', by: 'person:ada', ...asked, ...change });
}

beforeAll(async () => {
  store = await openTestStore();
  const now = Math.floor(Date.now() / HOUR) * HOUR;
  const calls: TestCall[] = [];
  for (let t = 0; t < 3; t += 1) {
    // The second is at rest before it travels: it is its country alone that is odd.
    const end = t === 1 ? now - 20 * HOUR : now;
    for (let at = now - 84 * HOUR; at < end; at += (10 + 20 * random()) * MINUTE) {
      calls.push(call(t, at));
    }
  }
  calls.push(
    call(1, now - 5 * HOUR + 7 * MINUTE, 'BR'),
    call(1, now - 5 * HOUR + 9 * MINUTE, 'BR'),
  );
  await insertTestCalls(store.db, calls);
  const place = { host: 'here', pid: process.pid, isAlive: () => true };
  lease = createLease({ db: store.db, now: Date.now, stage: 'what_if', ...place });
  const live = createLiveSettings(store.db, detectorSchema.parse({}), log);
  await live.refresh();
  const settings = () => live.current;
  worker = createWhatIfWorker({ db: store.db, log, now: Date.now, lease, settings });
});

afterAll(async () => {
  await store.close();
});

describe('a question', () => {
  it('is answered with the incidents that would be lost and gained', async () => {
    await ask('strict');
    await worker.look(never);
    const strict = await readWhatIf(store.db, 'strict');
    expect(strict).toMatchObject({ state: 'done', share: 1, attempts: 1 });
    expect(strict?.result?.lost).toMatchObject([
      { tokenHash: tokenNamed('t1'), detections: ['geography.new-country'], incidentId: '' },
    ]);
    expect(strict?.result).toMatchObject({ lostTotal: 1, gainedTotal: 0, changed: 0 });
    expect(strict?.result?.kept).toBe(strict?.result?.after);
    expect((await listWhatIfs(store.db, 5)).map(({ id, result }) => [id, result])).toEqual([
      ['strict', null],
    ]);
  }, 60_000);

  it('is not begun while another detector is at one', async () => {
    const place = { host: 'elsewhere', pid: 1, isAlive: () => true };
    const standing = createLease({ db: store.db, now: Date.now, stage: 'what_if', ...place });
    await lease.release();
    expect(await standing.hold()).toBe(true);
    await ask('second');
    await worker.look(never);
    expect(await readWhatIf(store.db, 'second')).toMatchObject({ state: 'waiting', attempts: 0 });
    await standing.release();
    await appendWhatIfStep(store.db, 'second', { kind: 'cancelled', by: 'person:ada' });
  });

  it('that was cancelled is not begun, and one under way ends and stays cancelled', async () => {
    await ask('never-mind');
    await appendWhatIfStep(store.db, 'never-mind', { kind: 'cancelled', by: 'person:ada' });
    await worker.look(never);
    expect(await readWhatIf(store.db, 'never-mind')).toMatchObject({
      state: 'cancelled',
      attempts: 0,
    });
    await ask('half-way');
    const stopping = new AbortController();
    const looking = worker.look(stopping.signal);
    stopping.abort();
    await looking;
    // Its detector stopped: it is left for the next, three times at most.
    expect(await readWhatIf(store.db, 'half-way')).toMatchObject({ state: 'running', attempts: 1 });
    for (const attempt of [2, 3]) {
      await appendWhatIfStep(store.db, 'half-way', { kind: 'started', attempt });
    }
    await worker.look(never);
    expect(await readWhatIf(store.db, 'half-way')).toMatchObject({ state: 'failed' });
  });
});

describe('parameters that were set', () => {
  it('are taken as they are, with only the own record over them', () => {
    const changed = { 'scope.first-use': { bits: 33 } };
    const set = thresholdsFrom(UNCALIBRATED, new Map(), 10, changed);
    expect(set('scope', 'k', 1)).toBeCloseTo(33);
    expect(set('route', 'k', 1)).toBe(thresholdsFrom(UNCALIBRATED, new Map(), 10)('route', 'k', 1));
  });

  it('are every detection’s, for as long as the work lasts, and apart from other work', async () => {
    const surge = DETECTIONS.volumeSurge;
    const declared = surge.parameters;
    const with7 = withParameters({ 'volume.surge': { bits: 7 } }, async () => {
      await Promise.resolve();
      return [surge.parameters['bits'], DETECTIONS.scopeFirstUse.parameters['bits']];
    });
    const with8 = withParameters({ 'volume.surge': { bits: 8 } }, () => surge.parameters['bits']);
    expect(await with7).toEqual([7, DETECTIONS.scopeFirstUse.parameters['bits']]);
    expect([with8, surge.parameters]).toEqual([8, declared]);
  });

  it('reach a running detector, the latest of each', async () => {
    const said = { detection: 'scope.first-use', by: 'person:ada', reason: '' };
    await writeDetectionSetting(store.db, { ...said, parameters: { bits: 20 }, at: 1_000 });
    await writeDetectionSetting(store.db, { ...said, parameters: { bits: 25 }, at: 2_000 });
    const live = createLiveSettings(store.db, detectorSchema.parse({}), log);
    await live.refresh();
    expect(live.current.changed).toEqual({ 'scope.first-use': { bits: 25 } });
    expect(changedParameters(await readDetectionSettings(store.db))).toEqual(live.current.changed);
  });
});

describe('comparing', () => {
  const incident = (tokenHash: string, openedAt: number, more: Partial<Incident> = {}): Incident =>
    ({
      ...{ entity: 'token', tokenHash, clientId: 'acme', name: '', campaignOf: null, score: 50 },
      ...{ openedAt, updatedAt: openedAt + HOUR, severity: 'high', ...more },
    }) as Incident;

  it('knows the same incident by what it is on and when', () => {
    const before = [incident('a', 0), incident('b', 0), incident('c', 0), incident('c', 50 * HOUR)];
    const after = [
      incident('a', 2 * HOUR, { severity: 'low' }),
      incident('b', 90 * HOUR),
      incident('c', 0),
    ];
    const { gained, lost, kept, changed } = compare(before, after, 6 * HOUR);
    expect({ kept, changed }).toEqual({ kept: 2, changed: 1 });
    expect(gained).toEqual([after[1]]);
    expect(lost).toEqual([before[1], before[3]]);
  });
});

it('the first end of a question counts', () => {
  const asked = { kind: 'asked', detection: 'd', parameters: {}, days: 1, by: 'x' } as const;
  const at = (n: number, step: Parameters<typeof foldWhatIf>[1][number]['step']) => ({
    at: n,
    step,
  });
  expect(foldWhatIf('q', [])).toBeNull();
  const late = [
    at(1, asked),
    at(2, { kind: 'cancelled', by: 'x' }),
    at(3, { kind: 'failed', reason: 'r' }),
  ];
  expect(foldWhatIf('q', late)).toMatchObject({ state: 'cancelled', reason: '' });
});
