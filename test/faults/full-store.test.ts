// The disk of ClickHouse is full for a while.
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { expect, it, vi } from 'vitest';
import { startCollector } from '../../collector/main.ts';
import { createLogger } from '../../config/logger.ts';
import { OTEL, TW } from '../../model/attributes.ts';
import { openStore } from '../../store/open.ts';
import { otlpBody } from '../collector/otlp-body.ts';
import { testConfig } from '../support/test-store.ts';
import { removeDisk, smallDisk } from './small-disk.ts';

const disk = smallDisk(200_000_000);

it.skipIf(disk === null)(
  'calls are kept in the spool meanwhile, and once each in ClickHouse when there is room again',
  async () => {
    if (disk === null) throw new Error('no disk');
    const own = mkdtempSync(join(tmpdir(), 'tokenwatch-full-'));
    const store = await openStore(testConfig(disk));
    const failures: unknown[] = [];
    const log = createLogger('collector', 'silent');
    log.warn = (details: { err?: unknown }): void => void failures.push(details.err);
    const stage = await startCollector({
      ...{ db: store.db, registry: new Registry(), log, now: Date.now },
      config: testConfig(own, { TOKENWATCH_COLLECTOR_SPOOL_AFTER_MS: '50' }),
    });
    const send = async (id: string): Promise<number> => {
      const attributes = { [OTEL.method]: 'GET', [OTEL.status]: 200, [TW.tokenId]: id };
      const { status } = await fetch(`${stage.urls['http'] ?? ''}/v1/traces`, {
        ...{ method: 'POST', body: new Uint8Array(otlpBody([{ attributes }])) },
        headers: { 'Content-Type': 'application/x-protobuf' },
      });
      return status;
    };
    const kept = async (): Promise<string[]> => {
      const rows = await store.db.query<{ id: string }>(
        `SELECT token_id AS id FROM ${store.db.database}.calls ORDER BY id`,
      );
      return rows.map(({ id }) => id);
    };
    const ids = Array.from({ length: 30 }, (_, n) => `call-${String(n).padStart(2, '0')}`);
    const ballast = join(disk, 'ballast');
    try {
      const { bavail, bsize } = statfsSync(disk);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize));
      for (const id of ids) expect(await send(id)).toBe(200);
      await vi.waitFor(() => expect(failures.length).toBeGreaterThan(0), 10_000);
      expect(String(failures[0])).toMatch(/space/i);
      expect((await kept()).length).toBeLessThan(ids.length);
      rmSync(ballast);
      await vi.waitFor(async () => expect(await kept()).toEqual(ids), 30_000);
    } finally {
      await stage.stop();
      await store.close();
      removeDisk(disk);
      rmSync(own, { recursive: true });
    }
  },
  60_000,
);
