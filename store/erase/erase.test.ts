import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findingOf } from '../../test/support/finding.ts';
import { insertTestCalls, tokenNamed } from '../../test/support/call-rows.ts';
import { openTestStore } from '../../test/support/test-store.ts';
import type { TestCall } from '../../test/support/call-rows.ts';
import type { TestStore } from '../../test/support/test-store.ts';
import { parsePseudonym } from '../../model/hash.ts';
import type { TokenHash } from '../../model/hash.ts';
import { openAudit } from '../audit/audit.ts';
import { writeAliases } from '../calls/aliases.ts';
import { writeRaised } from '../detection/raised.ts';
import { writeFindings } from '../findings/findings.ts';
import { appendEvents } from '../incidents/events.ts';
import { eraseFromStore } from './erase.ts';

const NOW = Date.now();
const KEYS = ['acme-1', 'acme-2', 'shared', 'other', 'lone', 'rotated'] as const;
const TOKENS = Object.fromEntries(KEYS.map((name) => [name, tokenNamed(name)])) as Record<
  (typeof KEYS)[number],
  TokenHash
>;
const [ADA, BOB] = ['ad'.repeat(16), 'b0'.repeat(16)];
const ACME_KEY = createHash('sha256').update('acme').digest('hex');

let store: TestStore;

async function seedIncident(id: string, tokenHash: TokenHash, clientId: string): Promise<void> {
  const finding = findingOf({ id: `f-${id}`, tokenHash, clientId, detectedAt: NOW });
  await writeFindings(store.db, [finding]);
  const base = { incidentId: id, at: NOW, actor: 'program:test' };
  await appendEvents(store.db, [
    { ...base, id: `${id}-1`, kind: 'opened', entity: 'token', tokenHash, clientId },
    { ...base, id: `${id}-2`, kind: 'finding_added', finding },
  ]);
}

/** Every row of every table as text, hashes in hex: what a thief of the database would search. */
async function everything(): Promise<Map<string, string>> {
  const { db } = store;
  const tables = await db.query<{ name: string }>(
    `SELECT name FROM system.tables WHERE database = {database:String} AND engine LIKE '%MergeTree'
       AND name NOT IN ('audit', 'schema_migrations')`,
    { database: db.database },
  );
  const found = new Map<string, string>();
  for (const { name } of tables) {
    const columns = await db.query<{ name: string; type: string }>(
      `SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {name:String}`,
      { database: db.database, name },
    );
    const shown = columns.map((column) =>
      column.type.startsWith('FixedString')
        ? `lower(hex(${column.name}))`
        : column.type.startsWith('AggregateFunction')
          ? `lower(hex(CAST(${column.name} AS String)))`
          : `toString(${column.name})`,
    );
    const rows = await db.query<object>(`SELECT ${shown.join(', ')} FROM ${db.database}.${name}`);
    found.set(name, JSON.stringify(rows));
  }
  return found;
}

async function tablesWith(text: string): Promise<string[]> {
  const found = await everything();
  return [...found].filter(([, rows]) => rows.includes(text)).map(([name]) => name);
}

beforeAll(async () => {
  store = await openTestStore();
  const call = (token: TokenHash, clientId: string, subject: string): TestCall => ({
    ...{
      time: NOW - 1_000,
      tokenHash: token,
      clientId,
      subjectHash: parsePseudonym(subject) ?? '',
    },
    ...{ service: 'accounts', environment: 'production', method: 'GET', route: '/accounts' },
    ...{ scope: 'read', status: 200, country: 'DE' },
    ...{ objectHash: parsePseudonym('b1'.repeat(16)) ?? '', amount: 12.5, currency: 'EUR' },
  });
  await insertTestCalls(store.db, [
    call(TOKENS['acme-1'], 'acme', ADA),
    call(TOKENS['acme-2'], 'acme', BOB),
    call(TOKENS.shared, 'acme', BOB),
    call(TOKENS.shared, 'globex', BOB),
    call(TOKENS.other, 'globex', BOB),
    call(TOKENS.lone, 'globex', ADA),
  ]);
  const ids = { pepper_id: 'p2', previous_pepper_id: 'p1' };
  const alias = { hash: TOKENS.rotated, canonical: TOKENS['acme-1'] };
  await writeAliases(store.db, [alias], ids, NOW);
  await writeRaised(store.db, [
    {
      ...{ entity: 'client', key: ACME_KEY, detection: 'volume.client-surge', value: '' },
      ...{ raisedAt: NOW, bits: 3, findingId: 'f-x' },
    },
  ]);
  await seedIncident('i-acme', TOKENS['acme-1'], 'acme');
  await seedIncident('i-other', TOKENS.other, 'globex');
  await appendEvents(store.db, [
    {
      ...{
        incidentId: 'i-other',
        id: 'i-other-3',
        at: NOW,
        actor: 'person:ada',
        kind: 'commented',
      },
      text: `looks like acme, token ${TOKENS['acme-1']}, not acme-labs`,
    },
  ]);
  await openAudit({ db: store.db, stage: 'cli', now: () => NOW }).record([
    { actor: 'person:ada', action: 'x', subject: `token:${TOKENS['acme-1']}`, detail: {} },
  ]);
});

afterAll(async () => {
  await store.close();
});

it('deletes a token under all its hashes and leaves the others of its client', async () => {
  const before = await tablesWith(TOKENS['acme-1']);
  expect(before.length).toBeGreaterThan(8);
  expect(before).toContain('token_objects');
  const done = await eraseFromStore(store.db, 'e1', { kind: 'token', tokenHash: TOKENS.rotated });
  expect(done.targets).toEqual({ token: 2, incident: 1 });
  expect(await tablesWith(TOKENS['acme-1'])).toEqual([]);
  expect(await tablesWith(TOKENS.rotated)).toEqual([]);
  expect(await tablesWith('i-acme')).toEqual([]);
  expect(await tablesWith(TOKENS['acme-2'])).toContain('calls');
  expect(done.tables.find(({ table }) => table === 'calls')?.deleted).toBe(1);
  expect(done.tables.find(({ table }) => table === 'incident_events')).toMatchObject({
    deleted: 2,
    rewritten: 1,
  });
  expect(done.auditEntries).toBe(1);
});

it('deletes a client, its own tokens, and its name where others mention it', async () => {
  expect(await tablesWith('"acme"')).toContain('client_amounts');
  const done = await eraseFromStore(store.db, 'e2', { kind: 'client', clientId: 'acme' });
  expect(done.targets).toMatchObject({ client: 1, entity: 1, token: 1 });
  for (const gone of [TOKENS['acme-2'], ACME_KEY, '"acme"', 'like acme,']) {
    expect(await tablesWith(gone), gone).toEqual([]);
  }
  expect(await tablesWith('not acme-labs')).toEqual(['incident_events']);
  expect(await tablesWith(TOKENS.shared)).toContain('calls');
  expect(await tablesWith(TOKENS.other)).toContain('incidents');
});

it('deletes a subject, and the tokens that were used for nobody else', async () => {
  const subjectHash = parsePseudonym(ADA);
  if (subjectHash === null) throw new Error('a pseudonym');
  await eraseFromStore(store.db, 'e3', { kind: 'subject', subjectHash });
  expect(await tablesWith(ADA)).toEqual([]);
  expect(await tablesWith(TOKENS.lone)).toEqual([]);
  expect(await tablesWith(BOB)).toEqual(['calls']);
});

it('leaves no identifier in the list of mutations, and finds nothing a second time', async () => {
  const mutations = await store.db.query<{ command: string }>(
    `SELECT command FROM system.mutations WHERE database = {database:String}`,
    { database: store.db.database },
  );
  expect(mutations.length).toBeGreaterThan(10);
  const said = JSON.stringify(mutations);
  for (const secret of [...Object.values(TOKENS), ADA, 'acme']) expect(said).not.toContain(secret);
  const again = await eraseFromStore(store.db, 'e4', { kind: 'client', clientId: 'acme' });
  expect(again.tables).toEqual([]);
});
