import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Keeper } from '../../collector/keep/keeper.ts';
import type { KeeperOptions } from '../../collector/keep/keeper.ts';
import { SEGMENT_ROWS, Spool } from '../../collector/keep/spool.ts';
import type { SpoolEntry } from '../../collector/keep/spool.ts';
import { emptyCall } from '../../model/call.ts';
import { CallBlock, appendCall } from '../../store/calls/call-block.ts';
import { insertCallBlock } from '../../store/calls/insert-calls.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';

let store: TestStore;
let folder: string;
beforeAll(async () => {
  store = await openTestStore();
  folder = mkdtempSync(join(tmpdir(), 'tokenwatch-spool-'));
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function openSpool(name: string, maxBytes = 1e9) {
  const problems: string[] = [];
  const options = { folder: join(folder, name), maxBytes, instance: randomUUID() };
  const spool = await Spool.open({ ...options, onProblem: (text) => problems.push(text) });
  return { spool, problems };
}

function keeperOptions(spool: Spool, more: Partial<KeeperOptions> = {}): KeeperOptions {
  return {
    ...{ spool, maxRows: 1000, maxWait: 20, maxInFlight: 2, maxQueued: 2, spoolAfter: 200 },
    spoolRows: 1000,
    ...{ patience: 300, now: () => performance.now(), onFailure: () => undefined },
    instance: 'test',
    insert: (blocks, token) => insertCallBlock(store.db, blocks, token),
    ...more,
  };
}

function add(keeper: Keeper, service: string, tokenId = ''): Promise<boolean> {
  appendCall(keeper.block, { ...emptyCall(Date.now(), 'otlp'), service, tokenId });
  return keeper.commit();
}

async function textsOf(spool: Spool, entry: SpoolEntry): Promise<string[]> {
  const texts: string[] = [];
  for await (const block of await spool.read(entry, () => undefined)) texts.push(block.toString());
  return texts;
}

async function count(service: string): Promise<number> {
  const [row] = await store.db.query<{ n: number }>(
    `SELECT count() AS n FROM ${store.db.database}.calls WHERE service = {service:String}`,
    { service },
  );
  return row?.n ?? 0;
}

describe('a keeper whose store is away', () => {
  it('keeps blocks on disk and replays them in order, once, by itself', async () => {
    const { spool } = await openSpool('away');
    let away = true;
    const order: string[] = [];
    const keeper = new Keeper(
      keeperOptions(spool, {
        insert: async (block, token) => {
          // The insert works, but its answer is lost: the worst case for exactly-once.
          await insertCallBlock(store.db, block, token);
          if (away) throw new Error('connection reset');
          order.push(token);
        },
      }),
    );
    for (let index = 0; index < 5; index++) expect(await add(keeper, 'away')).toBe(true);
    // The first in a file of its own, under its own token; the others behind it, in one segment.
    expect(spool.entries).toBe(2);
    away = false;
    await vi.waitFor(() => expect(spool.entries).toBe(0), 5000);
    expect([...new Set(order)]).toEqual(['test-1', expect.stringMatching(/-s2$/)]);
    expect(await count('away')).toBe(5);
    expect(await add(keeper, 'away')).toBe(true);
    // A slow insert is acknowledged from the disk, and is in ClickHouse a moment later.
    await expect.poll(() => count('away'), { timeout: 5000 }).toBe(6);
    await keeper.close();
  });

  it('takes large blocks to the disk first and inserts many of them as one', async () => {
    const { spool } = await openSpool('large');
    const inserts: string[] = [];
    const keeper = new Keeper(
      keeperOptions(spool, {
        spoolRows: 50,
        insert: async (blocks, token) => {
          inserts.push(token);
          await insertCallBlock(store.db, blocks, token);
        },
      }),
    );
    const kept: Promise<boolean>[] = [];
    for (let round = 0; round < 10; round++) {
      for (let row = 0; row < 60; row++) kept.push(add(keeper, 'large'));
      await Promise.all(kept);
    }
    expect(await Promise.all(kept)).not.toContain(false);
    // A stop inserts what waits.
    await keeper.close();
    expect(spool.entries).toBe(0);
    expect(await count('large')).toBe(600);
    expect(inserts.length).toBeLessThan(6);
    const [parts] = await store.db.query<{ n: number }>(
      `SELECT uniqExact(_part) AS n FROM ${store.db.database}.calls WHERE service = 'large'`,
    );
    expect(parts?.n).toBeLessThanOrEqual(inserts.length);
  });

  it('answers from the disk when an insert hangs, and is full at its bounds', async () => {
    const { spool } = await openSpool('hang', 12_000);
    const keeper = new Keeper(
      keeperOptions(spool, { insert: () => new Promise((_, reject) => setTimeout(reject, 2000)) }),
    );
    const begun = performance.now();
    expect(await add(keeper, 'hang')).toBe(true);
    expect(performance.now() - begun).toBeLessThan(1500);
    // The disk fills and the store is away: the sender is told, and the bound holds.
    let kept = true;
    for (let index = 0; index < 200 && kept; index++) kept = await add(keeper, 'hang');
    expect(kept).toBe(false);
    expect(spool.bytes).toBeGreaterThan(9_000);
    expect(spool.bytes).toBeLessThanOrEqual(12_000);
    await keeper.close();
  });

  it('lets what comes go first while the machine is pressed and half of the spool is free', async () => {
    const { spool } = await openSpool('pressed', 1_000_000);
    let at = 0;
    let isPressed = true;
    let inserts = 0;
    const keeper = new Keeper(
      keeperOptions(spool, {
        now: () => at,
        isPressed: () => isPressed,
        insert: async () => {
          inserts++;
          at += 3_000;
        },
      }),
    );
    const full = (bytes: number) => spool.add(SEGMENT_ROWS, Buffer.alloc(bytes));
    const looks = () => delay(200);
    for (let block = 0; block < 3; block++) await full(100);
    await vi.waitFor(() => expect(inserts).toBe(1));
    await looks();
    expect(inserts).toBe(1);
    // As long again as the last one took.
    at += 3_000;
    await vi.waitFor(() => expect(inserts).toBe(2));
    isPressed = false;
    await vi.waitFor(() => expect(inserts).toBe(3));
    isPressed = true;
    at += 3_000;
    await full(100);
    await vi.waitFor(() => expect(inserts).toBe(4));
    // With half of the spool used nothing rests any more.
    await full(600_000);
    await vi.waitFor(() => expect(inserts).toBe(5));
    await keeper.close();
  });

  it('replays blocks of an older version, which know fewer columns', async () => {
    const { spool } = await openSpool('older');
    // What a collector wrote before migration 022: no token_certificate_sha256, and no others.
    const { stream } = await store.db.client.exec({
      query: `SELECT now64(3, 'UTC') AS time, toLowCardinality('older') AS service,
                toLowCardinality('GET') AS method, 200::UInt16 AS status FORMAT Native`,
    });
    const older = Buffer.concat(await stream.toArray());
    const block = new CallBlock();
    appendCall(block, { ...emptyCall(Date.now(), 'otlp'), service: 'older', method: 'PUT' });
    await spool.append('older-1', 1, older);
    await spool.add(1, block.encode());
    const keeper = new Keeper(keeperOptions(spool));
    await keeper.close();
    expect(spool.entries).toBe(0);
    const rows = await store.db.query(
      `SELECT method, status, token_certificate_sha256 = toFixedString('', 32) AS empty
       FROM ${store.db.database}.calls WHERE service = 'older' ORDER BY method`,
    );
    expect(rows).toEqual([
      { method: 'GET', status: 200, empty: 1 },
      { method: 'PUT', status: 0, empty: 1 },
    ]);
  });

  it('sets aside what ClickHouse can never take, and goes on', async () => {
    const { spool, problems } = await openSpool('poison');
    await spool.append('poison-1', 1, Buffer.from('this is no Native block at all'));
    const block = new CallBlock();
    appendCall(block, { ...emptyCall(Date.now(), 'otlp'), service: 'after-poison' });
    await spool.append('poison-2', 1, block.encode());
    const keeper = new Keeper(keeperOptions(spool));
    await vi.waitFor(() => expect(spool.entries).toBe(0), 10_000);
    await keeper.close();
    expect(await count('after-poison')).toBe(1);
    expect(problems).toEqual([expect.stringMatching(/block\.bad: set aside, because ClickHouse/)]);
  });
});

describe('Spool', () => {
  it('finds what an earlier process left, and sets damaged files aside', async () => {
    const { spool } = await openSpool('left');
    await spool.append('a', 3, Buffer.from('first'));
    await spool.append('b', 4, Buffer.from('second'));
    writeFileSync(join(folder, 'left', '000000000003.block'), 'TWSPOOL1 torn');
    writeFileSync(join(folder, 'left', '000000000004.block.part'), 'never named');
    const { spool: again, problems } = await openSpool('left');
    expect(again.entries).toBe(2);
    expect(again.bytes).toBe(spool.bytes);
    const entry = again.first();
    expect(entry).toMatchObject({ token: 'a', rows: 3 });
    expect(entry === null ? [] : await textsOf(again, entry)).toEqual(['first']);
    expect(problems).toEqual([expect.stringContaining('it is damaged')]);
    expect(readdirSync(join(folder, 'left'))).not.toContain('000000000004.block.part');
    expect((await again.append('c', 1, Buffer.from('x')))?.file).toMatch(/0{11}[4-9]\.block$/);
  });

  it('cuts a segment where the process was killed, and keeps damage inside it aside', async () => {
    const { spool } = await openSpool('torn');
    for (const text of ['one', 'two', 'three']) await spool.add(1, Buffer.from(text));
    await spool.close();
    const file = join(folder, 'torn', '000000000001.block');
    const whole = readFileSync(file);
    // The last record half-written, as a kill leaves it.
    writeFileSync(file, whole.subarray(0, whole.length - 2));
    const { spool: torn, problems } = await openSpool('torn');
    expect(problems).toEqual([]);
    expect(torn.first()).toMatchObject({ rows: 2 });
    expect(await textsOf(torn, torn.first() as SpoolEntry)).toEqual(['one', 'two']);
    // A bit that fell over in the middle: what stands before it is still good.
    whole[whole.indexOf('two')] = 0x58;
    writeFileSync(file, whole);
    const { spool: damaged, problems: told } = await openSpool('torn');
    expect(await textsOf(damaged, damaged.first() as SpoolEntry)).toEqual(['one']);
    expect(told).toEqual([expect.stringContaining('.rest.bad: set aside')]);
  });

  it('begins a new segment when the first is being read, under another token', async () => {
    const { spool } = await openSpool('segments');
    await spool.add(5, Buffer.from('a'));
    const [first] = [spool.first() as SpoolEntry];
    const reading = textsOf(spool, first);
    await spool.add(6, Buffer.from('b'));
    expect(await reading).toEqual(['a']);
    expect(spool.entries).toBe(2);
    await spool.remove(first);
    expect(spool.first()).toMatchObject({ rows: 6 });
    expect(spool.first()?.token).not.toBe(first.token);
    await spool.remove(spool.first() as SpoolEntry);
    expect(spool.bytes).toBe(0);
    await spool.close();
    expect(readdirSync(join(folder, 'segments'))).toEqual([]);
  });

  it('loses nothing that was acknowledged to kill -9', async () => {
    const child = fork(new URL('./spool-writer.ts', import.meta.url), [join(folder, 'killed')], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const acknowledged: string[] = [];
    await new Promise<void>((resolve) => {
      child.on('message', (token: string) => {
        acknowledged.push(token);
        if (acknowledged.length === 30) child.kill('SIGKILL');
      });
      child.once('exit', () => resolve());
    });
    const { spool, problems } = await openSpool('killed');
    expect(problems).toEqual([]);
    expect(spool.entries).toBeGreaterThan(0);
    const keeper = new Keeper(keeperOptions(spool));
    await vi.waitFor(() => expect(spool.entries).toBe(0), 10_000);
    await keeper.close();
    const rows = await store.db.query<{ token_id: string; n: number }>(
      `SELECT token_id, count() AS n FROM ${store.db.database}.calls
       WHERE service = 'killed' GROUP BY token_id`,
    );
    expect(rows.every(({ n }) => n === 1)).toBe(true);
    const stored = new Set(rows.map(({ token_id }) => token_id));
    expect(acknowledged.filter((token) => !stored.has(token))).toEqual([]);
  });
});
