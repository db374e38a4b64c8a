import { Writable } from 'node:stream';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { startAlerting } from '../../alerting/main.ts';
import { startCollector } from '../../collector/main.ts';
import { startConsole } from '../../console/main.ts';
import { startDetector } from '../../detector/main.ts';
import type { RunningStage, StageContext } from '../../store/stage.ts';
import { openTestStore } from './test-store.ts';
import type { TestStore } from './test-store.ts';

/** All four stages on a real store in this process, with everything they logged. */
export interface Pipeline {
  store: TestStore;
  collectorUrl: string;
  consoleUrl: string;
  registry: Registry;
  /** Everything that was logged so far, at every level. */
  logged(): string;
  /** Stops stages and store; the store's files are removed. */
  close: () => Promise<void>;
}

export interface PipelineOptions {
  env?: Record<string, string>;
  /** Changes the configuration after it was loaded: receivers of stand-ins. */
  configure?: (config: StageContext['config']) => StageContext['config'];
}

/** Starts collector, detector, alerting and console as `tokenwatch up` does, on free ports. */
export async function startPipeline(options: PipelineOptions = {}): Promise<Pipeline> {
  const store = await openTestStore(options.env);
  const lines: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  const registry = new Registry();
  const context: StageContext = {
    config: options.configure?.(store.config) ?? store.config,
    db: store.db,
    log: pino({ level: 'trace' }, sink),
    registry,
    now: Date.now,
  };
  const stages: RunningStage[] = [];
  for (const start of [startAlerting, startConsole, startDetector, startCollector]) {
    stages.push(await start(context));
  }
  const url = (name: string): string =>
    stages.find((stage) => stage.name === name)?.urls['http'] ?? '';
  return {
    store,
    collectorUrl: url('collector'),
    consoleUrl: url('console'),
    registry,
    logged: () => lines.join(''),
    close: async () => {
      for (const stage of stages.toReversed()) await stage.stop();
      await store.close();
    },
  };
}
