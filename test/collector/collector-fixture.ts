import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { startCollector } from '../../collector/main.ts';
import { createLogger } from '../../config/logger.ts';
import type { RunningStage, StageContext } from '../../store/stage.ts';
import { openTestStore, testConfig } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';

export interface TestCollector {
  store: TestStore;
  stage: RunningStage;
  http: string;
  grpc: string;
  context: StageContext;
  /** Rows of `calls`, hashes in hex, in order of time. */
  calls(where?: string): Promise<Record<string, unknown>[]>;
  metrics(): Promise<string>;
  close(): Promise<void>;
}

/** A running collector on free ports before a real ClickHouse. */
export async function startTestCollector(env: Record<string, string> = {}): Promise<TestCollector> {
  const store = await openTestStore();
  const config = testConfig(store.dataDir, env);
  const registry = new Registry();
  const context: StageContext = {
    config,
    db: store.db,
    log: createLogger('collector', 'silent'),
    registry,
    now: () => Date.now(),
  };
  const stage = await startCollector(context);
  return {
    store,
    stage,
    context,
    http: stage.urls['http'] ?? '',
    grpc: stage.urls['grpc'] ?? '',
    calls: async (where = '1') => {
      // On a busy machine calls are acknowledged from the spool, and are in the store a little later.
      const spooled = registry.getSingleMetric('tokenwatch_collector_spool_blocks');
      while (((await spooled?.get())?.values[0]?.value ?? 0) > 0) await delay(20);
      return store.db.query(
        `SELECT * EXCEPT (time, trace_id, span_id, token_hash, subject_hash, ip_hash, object_hash,
             object_owner_hash, nonce_hash, payload_hash, client_cert_sha256,
             token_certificate_sha256, ingested_at),
           toUnixTimestamp64Milli(time) AS at, lower(hex(trace_id)) AS trace,
           lower(hex(span_id)) AS span, lower(hex(token_hash)) AS token,
           lower(hex(subject_hash)) AS subject, lower(hex(ip_hash)) AS ip,
           lower(hex(object_hash)) AS object, lower(hex(object_owner_hash)) AS owner,
           lower(hex(nonce_hash)) AS nonce, lower(hex(payload_hash)) AS payload,
           lower(hex(client_cert_sha256)) AS cert,
           lower(hex(token_certificate_sha256)) AS bound,
           toUnixTimestamp(token_issued_at) AS issued, toUnixTimestamp(token_expires_at) AS expires
         FROM ${store.db.database}.calls WHERE ${where} ORDER BY calls.time`,
      );
    },
    metrics: () => registry.metrics(),
    close: async () => {
      await stage.stop();
      await store.close();
    },
  };
}
