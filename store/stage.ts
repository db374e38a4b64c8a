import type { Registry } from 'prom-client';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../config/logger.ts';
import type { Db } from './db.ts';

/** Something that a stage did, for whoever traces it: never a token, an address or a payload. */
export interface DoneSpan {
  /** `collector.export`, `detector.tick`, `alerting.delivery`, `console.request`. */
  name: string;
  /** How long it took, until now. */
  seconds: number;
  attributes: Record<string, string | number>;
  failed?: boolean;
}

export type ReportSpan = (span: DoneSpan) => void;

/** What every stage is built from: nothing else reads the environment or the clock. */
export interface StageContext {
  config: Config;
  db: Db;
  log: Logger;
  /** Metrics of the process; several stages may share one. */
  registry: Registry;
  /** Epoch ms. */
  now: () => number;
  /** The time as ClickHouse has it, epoch ms; absent where it is taken to be `now`. */
  storeNow?: () => number;
  /**
   * False while ClickHouse was not reached since the start, so that its schema may be an older one;
   * absent where that was waited for.
   */
  isSchemaReady?: () => boolean;
  /** Absent unless tokenwatch reports itself by OpenTelemetry. */
  reportSpan?: ReportSpan;
}

/** A stage at work. */
export interface RunningStage {
  name: string;
  /** Where it listens, by what (`http`, `grpc`); empty for stages that do not. */
  urls: Record<string, string>;
  /** Takes no new work, finishes what it has accepted, and ends. Safe to call twice. */
  stop: () => Promise<void>;
}
