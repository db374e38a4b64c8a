// The spool's disk is full, and the clock steps, while ClickHouse is away.
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { startCollector } from '../../collector/main.ts';
import { createLogger } from '../../config/logger.ts';
import { OTEL, TW } from '../../model/attributes.ts';
import { connect } from '../../store/db.ts';
import { otlpBody } from '../collector/otlp-body.ts';
import { openTestStore, testConfig } from '../support/test-store.ts';
import { startProxy } from './proxy.ts';
import { removeDisk, smallDisk } from './small-disk.ts';

const disk = smallDisk(400_000);

it.skipIf(disk === null)(
  'a full disk: 503 for what is not kept, and once each what is',
  async () => {
    const store = await openTestStore();
    const { embedded } = store;
    if (embedded === null || disk === null) throw new Error('no disk, or no server of our own');
    const proxy = await startProxy(() => embedded.httpPort);
    const url = `http://127.0.0.1:${String(proxy.port)}`;
    const { appUser: username, appPassword: password } = embedded;
    const db = connect({ url, username, password, database: store.db.database });
    let step = 0;
    const stage = await startCollector({
      ...{ db, registry: new Registry(), log: createLogger('collector', 'silent') },
      config: testConfig(disk, {
        TOKENWATCH_COLLECTOR_SPOOL_AFTER_MS: '50',
        TOKENWATCH_COLLECTOR_INSERT_PATIENCE_SECONDS: '1',
      }),
      now: () => Date.now() + step,
    });
    const acknowledged = new Set<string>();
    const statuses = new Set<number>();
    const send = async (id: string): Promise<void> => {
      // Of names that do not compress: the disk is full after some of them.
      const spans = Array.from({ length: 100 }, (_, i) => ({
        attributes: {
          ...{
            [OTEL.method]: 'GET',
            [OTEL.route]: '/x',
            [OTEL.status]: 200,
            [TW.authResult]: 'none',
          },
          ...{
            [TW.tokenId]: `${id}-${String(i)}`,
            [TW.scope]: randomBytes(100).toString('base64url'),
          },
        },
      }));
      const { status } = await fetch(`${stage.urls['http'] ?? ''}/v1/traces`, {
        ...{ method: 'POST', body: new Uint8Array(otlpBody(spans)) },
        headers: { 'Content-Type': 'application/x-protobuf' },
      });
      statuses.add(status);
      if (status === 200) acknowledged.add(id);
    };
    try {
      proxy.cut = true;
      for (let n = 0; n < 200 && !statuses.has(503); n += 1) {
        // The clock of the machine steps an hour back, and forth again.
        step = n % 3 === 1 ? -3_600_000 : 0;
        await send(`call-${String(n)}`);
      }
      expect([...statuses].sort()).toEqual([200, 503]);
      expect(acknowledged.size).toBeGreaterThan(5);
      proxy.cut = false;
      const kept = async () =>
        store.db.query<{ id: string; n: number; ids: number }>(
          `SELECT extract(token_id, '^call-[0-9]+') AS id, count() AS n, uniqExact(token_id) AS ids
         FROM ${store.db.database}.calls GROUP BY id`,
        );
      let rows = await kept();
      while (rows.length < acknowledged.size) {
        await delay(100);
        rows = await kept();
      }
      expect(rows.filter(({ n, ids }) => n !== 100 || ids !== 100)).toEqual([]);
      const ids = new Set(rows.map(({ id }) => id));
      expect([...acknowledged].filter((id) => !ids.has(id))).toEqual([]);
      // It takes calls again.
      await send('call-999');
      expect(acknowledged.has('call-999')).toBe(true);
    } finally {
      await stage.stop();
      await db.close();
      await proxy.close();
      await store.close();
      removeDisk(disk);
    }
  },
  60_000,
);
