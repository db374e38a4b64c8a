import { Registry, collectDefaultMetrics } from 'prom-client';
import { expect, it } from 'vitest';
import { createLogger } from '../../config/logger.ts';
import { connect } from '../../store/db.ts';
import { openTestStore, testConfig } from '../../test/support/test-store.ts';
import { startHealthServer } from './health.ts';

it('tells a process that runs from one that reaches its store, and gives its metrics', async () => {
  const store = await openTestStore();
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const away = connect({ url: 'http://127.0.0.1:1', username: 'a', password: 'b', database: 'c' });
  const context = {
    ...{ config: testConfig(store.dataDir), db: store.db, registry, now: Date.now },
    log: createLogger('test', 'silent'),
  };
  expect(await startHealthServer(context)).toBeNull();
  const config = testConfig(store.dataDir, { TOKENWATCH_TELEMETRY_PORT: '0' });
  const well = await startHealthServer({ ...context, config });
  const cut = await startHealthServer({ ...context, config, db: away });
  const get = async (port: number | undefined, path: string, method = 'GET'): Promise<Response> =>
    fetch(`http://127.0.0.1:${String(port)}${path}`, { method });
  try {
    expect((await get(well?.port, '/health')).status).toBe(200);
    expect((await get(well?.port, '/ready')).status).toBe(200);
    expect(await (await get(well?.port, '/metrics')).text()).toContain('process_cpu_seconds_total');
    expect((await get(well?.port, '/other')).status).toBe(404);
    expect((await get(well?.port, '/health', 'POST')).status).toBe(405);
    expect((await get(cut?.port, '/health')).status).toBe(200);
    expect((await get(cut?.port, '/ready')).status).toBe(503);
  } finally {
    await Promise.all([well?.stop(), cut?.stop(), away.close()]);
    await store.close();
  }
});
