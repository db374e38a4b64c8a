import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importFiles } from '../../collector/import/import-files.ts';
import { startCollector } from '../../collector/main.ts';
import { createLogger } from '../../config/logger.ts';
import { TW } from '../../model/attributes.ts';
import { hashToken } from '../../model/hash.ts';
import { canonicalTokenHash } from '../../store/calls/aliases.ts';
import { Readable } from 'node:stream';
import { openTestStore, testConfig } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';
import { otlpBody } from './otlp-body.ts';
import type { Value } from './otlp-body.ts';

const [OLD, NEW, NEWEST] = ['the old pepper, 16+', 'the new pepper, 16+', 'a third pepper, 16+'];
const OVERLAP = {
  ...{ TOKENWATCH_PEPPER: NEW, TOKENWATCH_PEPPER_ID: 'p2' },
  ...{ TOKENWATCH_PREVIOUS_PEPPER: OLD, TOKENWATCH_PREVIOUS_PEPPER_ID: 'p1' },
};
const AFTER = { TOKENWATCH_PEPPER: NEW, TOKENWATCH_PEPPER_ID: 'p2' };

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(async () => {
  await store.close();
});

/** Runs a collector with these settings for so many spans, and stops it. */
async function collect(
  env: Record<string, string>,
  service: string,
  ...requests: Record<string, Value>[]
): Promise<void> {
  const stage = await startCollector({
    config: testConfig(store.dataDir, env),
    db: store.db,
    log: createLogger('collector', 'silent'),
    registry: new Registry(),
    now: () => Date.now(),
  });
  for (const attributes of requests) {
    const body = otlpBody([{ attributes }], { 'service.name': service });
    const response = await fetch(`${stage.urls['http'] ?? ''}/v1/traces`, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { 'Content-Type': 'application/x-protobuf' },
    });
    expect(response.status).toBe(200);
  }
  await stage.stop();
}

/** Calls by token hash. */
async function histories(service: string): Promise<Record<string, number>> {
  const rows = await store.db.query<{ token: string; n: number }>(
    `SELECT lower(hex(token_hash)) AS token, count() AS n FROM ${store.db.database}.calls
     WHERE service = {service:String} GROUP BY token`,
    { service },
  );
  return Object.fromEntries(rows.map(({ token, n }) => [token, n]));
}

const raw = (token: string) => ({ 'http.request.header.authorization': [`Bearer ${token}`] });
const hashed = (pepper: string, token: string) => ({ [TW.tokenHash]: hashToken(pepper, token) });

describe('a pepper that rotates', () => {
  it('leaves a token that the collector sees with one history, also when it is over', async () => {
    const old = hashToken(OLD, 'a token');
    await collect({ TOKENWATCH_PEPPER: OLD }, 'seen', raw('a token'));
    // A service that has changed over before the collector knew: the link comes with the raw token.
    await collect(
      ...([OVERLAP, 'seen', raw('a token'), raw('a token')] as const),
      ...[hashed(NEW, 'a token'), hashed(OLD, 'a token')],
    );
    await collect(AFTER, 'seen', raw('a token'), hashed(NEW, 'a token'));
    expect(await histories('seen')).toEqual({ [old]: 7 });
    expect(await canonicalTokenHash(store.db, hashToken(NEW, 'a token'))).toBe(old);
    expect(await canonicalTokenHash(store.db, old)).toBe(old);
    const links = await store.db.query(
      `SELECT pepper_id, previous_pepper_id FROM ${store.db.database}.token_aliases`,
    );
    expect(links).toEqual([{ pepper_id: 'p2', previous_pepper_id: 'p1' }]);
  });

  it('may rotate again, and back: links never become chains', async () => {
    const old = hashToken(OLD, 'a token');
    const second = { TOKENWATCH_PEPPER: NEWEST, TOKENWATCH_PREVIOUS_PEPPER: NEW };
    await collect({ ...second, TOKENWATCH_PEPPER_ID: 'p3' }, 'again', raw('a token'));
    const back = { TOKENWATCH_PEPPER: OLD, TOKENWATCH_PREVIOUS_PEPPER: NEWEST };
    await collect(back, 'again', raw('a token'), hashed(NEWEST, 'a token'));
    expect(await histories('again')).toEqual({ [old]: 3 });
    expect(await canonicalTokenHash(store.db, hashToken(NEWEST, 'a token'))).toBe(old);
  });

  it('takes the link from services that send both hashes, during the overlap only', async () => {
    const both = (token: string) => ({
      ...hashed(NEW, token),
      [TW.tokenPreviousHash]: hashToken(OLD, token),
    });
    await collect(OVERLAP, 'both', both('one'), hashed(NEW, 'one'));
    await collect(AFTER, 'both', both('one'), both('two'));
    expect(await histories('both')).toEqual({
      [hashToken(OLD, 'one')]: 3,
      [hashToken(NEW, 'two')]: 1,
    });
  });

  it('is the same for imported calls', async () => {
    const line = { time: Date.now(), service: 'imported', token: 'imported' };
    const run = (env: Record<string, string>) =>
      importFiles({
        ...{ config: testConfig(store.dataDir, env), db: store.db, files: ['-'] },
        ...{ format: 'calls', onNote: () => undefined },
        stdin: Readable.from([Buffer.from(`${JSON.stringify({ ...line, ...env })}\n`)]),
      });
    await run(OVERLAP);
    await run(AFTER);
    expect(await histories('imported')).toEqual({ [hashToken(OLD, 'imported')]: 2 });
  });

  it('has to be named twice', () => {
    const env = { ...OVERLAP, TOKENWATCH_PREVIOUS_PEPPER_ID: 'p2' };
    expect(() => testConfig(store.dataDir, env)).toThrow(/previous_pepper_id.*pepper_id/);
  });
});
