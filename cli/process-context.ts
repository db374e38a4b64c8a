import { Registry, collectDefaultMetrics } from 'prom-client';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../config/logger.ts';
import { openStore } from '../store/open.ts';
import type { OpenStore } from '../store/open.ts';
import type { StageContext } from '../store/stage.ts';
import { startMetricSampler } from '../store/stage-metrics.ts';
import type { Lifetime } from './lifetime.ts';

/** The store of this process and what its stages are built from; both end with `lifetime`. */
export async function openContext(
  config: Config,
  log: Logger,
  lifetime: Lifetime,
): Promise<{ store: OpenStore; context: StageContext }> {
  const store = await openStore(config);
  lifetime.add({ name: 'store', stop: store.close });
  store.embedded?.onExit(() => {
    log.fatal('the embedded ClickHouse ended unexpectedly: stopping');
    void lifetime.end(1);
  });
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return { store, context: { config, db: store.db, log, registry, now: Date.now } };
}

/** Keeps this process's metrics in ClickHouse, where the dashboards read them. */
export function sampleMetrics(
  { db, registry, log, now }: StageContext,
  instance: string,
  stages: readonly string[],
  lifetime: Lifetime,
): void {
  const sampler = startMetricSampler({ db, registry, log, now, instance, stages });
  lifetime.add({ name: 'metrics', stop: sampler.stop });
}
