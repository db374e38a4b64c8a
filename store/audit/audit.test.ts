import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../config/secret.ts';
import { verifyAudit } from '../../model/audit.ts';
import type { AuditEntry, AuditRecord } from '../../model/audit.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { appendEvents } from '../incidents/events.ts';
import { openAudit } from './audit.ts';
import { exportAudit, readAudit } from './entries.ts';
import { eventsWithoutAudit } from './missing.ts';

let store: TestStore;
const keys = generateKeyPairSync('ed25519');
const pem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const publicPem = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();

function record(subject: string): AuditRecord {
  return {
    actor: 'person:ada',
    action: 'incident.resolved',
    subject,
    detail: { b: 1, a: ['x', null] },
  };
}

async function all(): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of exportAudit(store.db)) entries.push(entry);
  return entries;
}

beforeAll(async () => {
  store = await openTestStore();
  const signingKey = new Secret(pem);
  const first = openAudit({ db: store.db, stage: 'alerting', now: () => 1_000, signingKey });
  await Promise.all(['a', 'b', 'c', 'd'].map(async (name) => first.record([record(name)])));
  const second = openAudit({ db: store.db, stage: 'console', now: () => 2_000, signingKey });
  await second.record([record('e'), record('f')]);
});

afterAll(async () => {
  await store.close();
});

describe('the audit chain', () => {
  it('verifies as it was written, offline, with its signatures', async () => {
    const exported = JSON.parse(JSON.stringify(await all())) as AuditEntry[];
    const verdict = verifyAudit(exported, { publicKeys: [publicPem] });
    expect(verdict).toMatchObject({ entries: 6, chains: 2, signed: 6, problems: [] });
    expect((await readAudit(store.db, { subject: 'e' })).map((entry) => entry.actor)).toEqual([
      'person:ada',
    ]);
  });

  it('finds every change of any field', async () => {
    const entries = await all();
    const changes: Partial<AuditEntry>[] = [
      ...[{ actor: 'person:eve' }, { action: 'x' }, { subject: 'x' }, { at: 5 }, { detail: {} }],
      ...[
        { seq: 9 },
        { previous: 'x' },
        { hash: 'f'.repeat(64) },
        { signature: '' },
        { chain: 'x' },
      ],
    ];
    for (const change of changes) {
      for (const index of entries.keys()) {
        const changed = entries.map((entry, at) =>
          at === index ? { ...entry, ...change } : entry,
        );
        expect(verifyAudit(changed, { publicKeys: [publicPem] }).problems).not.toEqual([]);
      }
    }
  });

  it('finds every removal, and one at the very end by the kept heads', async () => {
    const entries = await all();
    const { heads } = verifyAudit(entries);
    for (const index of entries.keys()) {
      const without = entries.filter((_entry, at) => at !== index);
      expect(verifyAudit(without, { heads }).problems).not.toEqual([]);
    }
    const lostTail = entries.filter((entry) => entry.subject !== 'd');
    expect(verifyAudit(lostTail).problems.join()).toContain('vouches for it');
  });

  it('finds entries that changed places and a whole chain that is gone', async () => {
    const entries = await all();
    const [a, b] = entries;
    if (a === undefined || b === undefined) throw new Error('there are entries');
    const swapped = [{ ...a, seq: b.seq }, { ...b, seq: a.seq }, ...entries.slice(2)];
    expect(verifyAudit(swapped).problems).not.toEqual([]);
    const gone = entries.filter((entry) => entry.chain.startsWith('console'));
    expect(verifyAudit(gone).problems).not.toEqual([]);
  });
});

it('a decision whose process ended before it recorded it is found, once it had its time', async () => {
  const id = 'e'.repeat(20);
  const event = {
    incidentId: id,
    at: 5,
    actor: 'person:ada',
    kind: 'resolved',
    reason: 'x',
  } as const;
  await appendEvents(store.db, [
    { ...event, id: 'kept' },
    { ...event, id: 'lost' },
    { ...event, id: 'no decision', kind: 'saturated' },
  ]);
  const audit = openAudit({ db: store.db, stage: 'late', now: Date.now });
  await audit.record([{ ...record(`incident:${id}`), detail: { event: 'kept' } }]);
  const look = async (settled: number) =>
    (await eventsWithoutAudit(store.db, ['resolved'], { back: 60_000, settled })).map(
      (one) => one.id,
    );
  expect(await look(0)).toEqual(['lost']);
  expect(await look(30_000)).toEqual([]);
  await audit.record([{ ...record(`incident:${id}`), detail: { event: 'lost' } }]);
  expect(await look(0)).toEqual([]);
});
