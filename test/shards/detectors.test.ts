// Detectors that share the tokens find together what one finds: the same findings, by the same ids.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectorSchema } from '../../config/detector.ts';
import type { Shard } from '../../config/shard.ts';
import { calibrate, thresholdsFor } from '../../detector/calibrate.ts';
import { UNCALIBRATED } from '../../detector/calibration/calibration.ts';
import { NO_FEEDBACK } from '../../detector/feedback/quieted.ts';
import { noticeId } from '../../detector/findings.ts';
import type { Judged } from '../../detector/judge/judged.ts';
import { createLookMemory, look } from '../../detector/look.ts';
import type { DetectorSettings } from '../../detector/parameters.ts';
import { untold } from '../../detector/raise.ts';
import { openRules } from '../../detector/rules/start.ts';
import type { BacktestRules } from '../../detector/rules/start.ts';
import { prepareHours } from '../../detector/train.ts';
import { hourOf } from '../../detector/volume/calendar.ts';
import type { Db } from '../../store/db.ts';
import { ownsKey } from '../../store/detection/shard.ts';
import { insertTestCalls } from '../support/call-rows.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';
import { pastOf, presentOf, ruleOf } from './bank.ts';

const FIVE = 300_000;
/** The clock turns to another five minutes in the look, so that every watch has its turn. */
const AT = Math.floor(Date.now() / FIVE) * FIVE - FIVE;

const folder = mkdtempSync(join(tmpdir(), 'tokenwatch-shards-'));
let store: TestStore;
let rules: BacktestRules;
let settings: DetectorSettings;
let calibration = UNCALIBRATED;

/** Questions about calls of everybody, which no shard and no list of keys narrows. */
const ofAll = new Set<string>();

function listening(db: Db): Db {
  return {
    ...db,
    query: async (sql, params, settings) => {
      const isNarrow = /\{(shardFirst|tokens|tokenHash|clients|clientId):/.test(sql);
      if (/tokenwatch\.calls\b/.test(sql) && !isNarrow) ofAll.add(sql.replaceAll(/\s+/g, ' '));
      return db.query(sql, params, settings);
    },
  };
}

/** What a look of some shard brings to light, by itself. */
async function judgedBy(shard?: Shard): Promise<Judged> {
  const memory = createLookMemory();
  // The first one also does what there is once, and asks about everybody for it.
  const db = (shard?.index ?? 1) === 1 ? store.db : listening(store.db);
  const arrival = { from: AT - 60_000, to: AT + 30_000, ...(shard === undefined ? {} : { shard }) };
  const { judged } = await look(db, settings, memory, arrival, {
    learn: async (keys, hour) => thresholdsFor(db, calibration, settings, keys, hour),
    feedback: NO_FEEDBACK,
    behind: 0,
  });
  return judged;
}

/** Text that is the same for the same things in whatever order a list has them. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).sort().join(',')}]`;
  if (typeof value === 'number') return value.toPrecision(9);
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value).map(([key, of]) => `${key}: ${canonical(of)}`);
  return `{${entries.sort().join(',')}}`;
}

/** What would be raised, in full. */
function raisedOf({ notices }: Judged): string[] {
  return untold(notices, new Map()).raise.map((notice) => {
    const { entity, noticed, detection, moment } = notice;
    const { id, severity } = detection;
    return canonical({ id: noticeId(notice), detection: id, severity, entity, noticed, moment });
  });
}

beforeAll(async () => {
  const paths = (['token', 'client'] as const).map((entity) => {
    const file = join(folder, `${entity}.yaml`);
    writeFileSync(file, ruleOf(entity));
    return file;
  });
  store = await openTestStore();
  const { config } = store;
  rules = await openRules(
    { ...config, detector: { ...config.detector, rules: paths } },
    () => AT,
    (line) => {
      throw new Error(line);
    },
  );
  settings = { ...detectorSchema.parse({}), userRules: rules.rules };
  await insertTestCalls(store.db, pastOf(AT));
  // The calls of the look may lie in the hour before.
  await prepareHours(store.db, hourOf(AT), hourOf(AT) - 1);
  calibration = (await calibrate(store.db, hourOf(AT), settings)) ?? UNCALIBRATED;
  await insertTestCalls(store.db, presentOf(AT));
}, 60_000);
afterAll(async () => {
  await rules.close();
  await store.close();
  rmSync(folder, { recursive: true });
});

describe('detectors that share the tokens', () => {
  let whole: Judged;

  it('have something to find: of every kind of entity, by rules too', async () => {
    whole = await judgedBy();
    const kinds = new Set(whole.notices.map(({ entity }) => entity.kind));
    expect([...kinds].sort()).toEqual(['client', 'endpoint', 'service', 'token']);
    const ids = [...new Set(whole.notices.map(({ detection }) => detection.id))];
    expect(ids).toEqual(
      expect.arrayContaining([
        ...['volume.surge', 'volume.client-surge', 'volume.record', 'scope.denied-burst'],
        ...['scope.first-use', 'geography.new-country', 'geography.impossible-travel'],
        ...['sharing.several-signs', 'sharing.at-once', 'environment.mismatch', 'replay.nonce'],
        ...['lifecycle.expired-accepted', 'binding.certificate-missing', 'binding.weak-tls'],
        ...['authorization.denied-storm', 'authorization.failure-burst'],
        ...['authorization.unauthenticated', 'authorization.enumeration'],
        ...['exports-of-a-token', 'exports-of-a-client'],
      ]),
    );
  });

  it.each([2, 3])('are %i, and find what one finds', async (count) => {
    const parts: Judged[] = [];
    for (let index = 1; index <= count; index += 1) {
      const part = await judgedBy({ index, count });
      parts.push(part);
      for (const { entity, detection } of part.notices)
        if (detection.family !== 'pipeline')
          expect(ownsKey({ index, count }, entity.key)).toBe(true);
    }
    expect(parts.flatMap(raisedOf).sort()).toEqual(raisedOf(whole).sort());
    const surprises = parts.flatMap((part) => part.surprises.map(canonical));
    expect(surprises.sort()).toEqual(whole.surprises.map(canonical).sort());
  });

  it('ask of calls of everybody only in which minutes, how many, and whether there are any of a kind', () => {
    expect(ofAll.size).toBeGreaterThan(0);
    for (const sql of ofAll) expect(sql).toMatch(/^SELECT (DISTINCT toUnixTimestamp|count(If)?\()/);
  });
});
