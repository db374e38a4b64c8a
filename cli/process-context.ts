import { performance } from 'node:perf_hooks';
import { Registry, collectDefaultMetrics } from 'prom-client';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../config/logger.ts';
import { StoreClock, keepInStep } from '../store/clock.ts';
import { readServerClock } from '../store/detection/fresh.ts';
import { connectStore, prepareSchema } from '../store/open.ts';
import type { OpenStore } from '../store/open.ts';
import type { StageContext } from '../store/stage.ts';
import { startMetricSampler } from '../store/stage-metrics.ts';
import { onceStoreAnswers } from '../store/wait.ts';
import type { Lifetime } from './lifetime.ts';
import { startOwnTelemetry } from './telemetry/otlp.ts';

/** What a process's stages are built from, before ClickHouse has been reached. */
export interface OpenContext {
  store: Pick<OpenStore, 'embedded'>;
  context: StageContext;
  /** Settles once ClickHouse answers and its schema is up to date: false when the process ends first. */
  ready: Promise<boolean>;
}

/**
 * The store of this process and what its stages are built from; both end with `lifetime`. A server
 * of one's own that does not answer yet is waited for; what else is wrong ends the process.
 *
 * @param name of the process, for its own telemetry: `up`, `collector`, …
 */
export async function openContext(
  config: Config,
  log: Logger,
  lifetime: Lifetime,
  name: string,
): Promise<OpenContext> {
  const { db, embedded, close } = await connectStore(config);
  lifetime.add({ name: 'store', stop: close });
  embedded?.onExit(() => {
    log.fatal('the embedded ClickHouse ended unexpectedly: stopping');
    void lifetime.end(1);
  });
  const waiting = new AbortController();
  lifetime.add({ name: 'waiting', stop: async () => waiting.abort() });
  let isReady = false;
  const { signal } = waiting;
  const ready = onceStoreAnswers(db, async () => prepareSchema(db, config), { log, signal }).then(
    (applied) => (isReady = applied !== null),
  );
  const clock = new StoreClock({
    ...{ read: async () => readServerClock(db), host: Date.now, log },
    monotonic: () => performance.now(),
  });
  lifetime.add({ name: 'clock', ...keepInStep(clock) });
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const own = startOwnTelemetry(config.telemetry, { registry, stage: name, now: Date.now });
  if (own !== null) lifetime.add(own);
  const context = {
    ...{ config, db, log, registry, now: Date.now, storeNow: clock.now },
    isSchemaReady: () => isReady,
    ...(own === null ? {} : { reportSpan: own.reportSpan }),
  };
  return { store: { embedded }, context, ready };
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
