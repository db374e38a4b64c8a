import { afterAll, beforeAll, expect, it } from 'vitest';
import { correlate } from '../../model/correlate.ts';
import type { Finding } from '../../model/finding.ts';
import type { TokenHash } from '../../model/hash.ts';
import { MORNING, findingOf } from '../../test/support/finding.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { appendEvents } from '../incidents/events.ts';
import { previewSilence } from './preview.ts';
import { listSilences, writeSilence } from './silences.ts';

const DAY = 86_400_000;
let store: TestStore;
let number = 0;

async function incident(daysAgo: number, ...findings: Partial<Finding>[]): Promise<void> {
  number += 1;
  const tokenHash = String(number).padStart(64, '0') as TokenHash;
  const detectedAt = MORNING - daysAgo * DAY;
  for (const [index, change] of findings.entries()) {
    const id = `${String(number)}-${String(index)}`;
    const finding = findingOf({ id, tokenHash, detectedAt, ...change });
    const events = correlate(null, finding, { reopenWithin: DAY, falsePositiveFor: DAY });
    await appendEvents(store.db, events);
  }
}

beforeAll(async () => {
  store = await openTestStore();
});

afterAll(async () => {
  await store.close();
});

it('a preview shows what a silence would have muted over the last week, and nothing else', async () => {
  await incident(1, { clientId: 'loud', detection: 'volume.surge' });
  await incident(6, { clientId: 'loud', detection: 'volume.drip' });
  await incident(8, { clientId: 'loud', detection: 'volume.surge' });
  await incident(1, { clientId: 'other', detection: 'volume.surge' });
  // Something else was found beside the noise: that is told, so the preview leaves it out.
  await incident(
    2,
    { clientId: 'loud', detection: 'volume.surge' },
    { clientId: 'loud', detection: 'geography.new-country' },
  );
  const preview = await previewSilence(
    store.db,
    { client: 'lou*', detection: 'volume.*' },
    MORNING,
  );
  expect(preview.of).toBe(4);
  expect(preview.matched.map((row) => row.detections)).toEqual([['volume.surge'], ['volume.drip']]);
});

it('a silence is its latest row, and may be ended early', async () => {
  const silence = {
    ...{ id: 's1', match: { client: 'loud' }, owner: 'person:ada', comment: 'a load test' },
    ...{ createdAt: MORNING, startsAt: MORNING, endsAt: MORNING + DAY },
  };
  await writeSilence(store.db, silence, MORNING);
  expect(await listSilences(store.db, MORNING)).toEqual([silence]);
  await writeSilence(store.db, { ...silence, endsAt: MORNING + 1 }, MORNING + 1);
  expect(await listSilences(store.db, MORNING + 2)).toEqual([]);
});
