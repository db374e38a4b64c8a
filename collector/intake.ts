import type { CallSource } from '../model/call.ts';
import type { HygieneTally } from './hygiene/hygiene-tally.ts';
import type { Keeper } from './keep/keeper.ts';
import { serviceLabels } from './metrics.ts';
import type { CollectorMetrics } from './metrics.ts';
import { protobufOfJson } from './otlp/from-json.ts';
import { OtlpReader } from './otlp/read-request.ts';
import type { Signal } from './otlp/read-request.ts';
import type { Caches } from './reading/caches.ts';
import { CallReader, isAccessLog } from './reading/call-reader.ts';
import type { Adjustment } from './reading/tally.ts';
import type { TokenAliases } from './rotation/token-aliases.ts';
import type { Encoding, PartialSuccess } from './http/status.ts';

/** What becomes of a request; the transport words it as HTTP or gRPC. */
export type IntakeOutcome =
  | { kind: 'kept'; partial: PartialSuccess }
  | { kind: 'malformed'; message: string }
  /** Come again: there is no room, or the store is away. */
  | { kind: 'unavailable'; message: string; retryAfter: number };

export interface IntakeOptions {
  keeper: Keeper;
  caches: Caches;
  metrics: CollectorMetrics;
  hygiene: HygieneTally;
  aliases: TokenAliases;
  trustedHops: number;
  /** Milliseconds. */
  maxFuture: number;
  maxPast: number;
  /** Epoch ms. */
  now: () => number;
}

/** Takes one decompressed request; the promise ends when its calls are kept, or are not. */
export type Intake = (
  body: Buffer,
  encoding: Encoding,
  signal: Signal,
  sender: string,
) => Promise<IntakeOutcome>;

const SOURCE: Record<Signal, CallSource> = { traces: 'otlp', logs: 'log' };
/** Adjustments that the sender is told of, because only the sender can mend them. */
const TOLD: Partial<Record<Adjustment, string>> = {
  future_time: 'dated in the future, kept with the time of arrival: check the clock',
  past_time: 'dated too far in the past, kept with the time of arrival',
  no_time: 'without a time, kept with the time of arrival',
};

/** Adjustments that speak of a service's clock, as they stand in the hygiene report. */
const OFF_CLOCK: Partial<Record<Adjustment, string>> = { future_time: 'future', past_time: 'past' };

/** What one request amounted to, while it is read. */
interface Reading {
  bad: number;
  firstProblem: string;
  adjusted: Map<Adjustment, number>;
}

function messageOf({ bad, firstProblem, adjusted }: Reading, thing: string): string {
  const parts = bad === 0 ? [] : [`${bad} ${thing} could not be read; the first: ${firstProblem}`];
  for (const [reason, count] of adjusted) {
    const told = TOLD[reason];
    if (told !== undefined) parts.push(`${count} ${thing} ${told}`);
  }
  return parts.join('; ');
}

/** What stands behind every transport: body in, rows kept, answer out. */
class RequestReader {
  readonly #options: IntakeOptions;
  readonly #reader = new OtlpReader();
  readonly #calls: CallReader;
  readonly #label = serviceLabels();
  #reading: Reading = { bad: 0, firstProblem: '', adjusted: new Map() };

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#calls = new CallReader({
      ...options,
      tally: {
        adjusted: (reason, service) => {
          const { adjusted } = this.#reading;
          adjusted.set(reason, (adjusted.get(reason) ?? 0) + 1);
          const clock = OFF_CLOCK[reason];
          if (clock !== undefined && service !== undefined)
            options.hygiene.add(options.now(), this.#label(service), 'time', clock);
        },
        masked: (service, field, kinds) => {
          const label = this.#label(service);
          for (const kind of kinds) {
            options.metrics.masked.inc({ service: label, field, kind });
            options.hygiene.add(options.now(), label, field, kind);
          }
        },
      },
    });
  }

  /** Reads a body into the keeper's block: every readable call, or with a broken frame nothing. */
  read(body: Buffer, encoding: Encoding, signal: Signal): Reading & { problem: string | null } {
    this.#reading = { bad: 0, firstProblem: '', adjusted: new Map() };
    let bytes = body;
    if (encoding === 'json') {
      const converted = protobufOfJson(body, signal);
      if (!converted.ok) return { ...this.#reading, problem: converted.problem };
      bytes = converted.body;
      for (const { problem } of converted.bad) this.#bad(problem);
    }
    const problem = this.#readProtobuf(bytes, signal);
    return { ...this.#reading, problem };
  }

  #bad(problem: string): void {
    if (this.#reading.bad++ === 0) this.#reading.firstProblem = problem;
  }

  #readProtobuf(body: Buffer, signal: Signal): string | null {
    const { keeper, metrics, now } = this.#options;
    const { block } = keeper;
    const before = block.rows;
    const arrived = now();
    let done = false;
    let otherLogs = 0;
    try {
      const outcome = this.#reader.read(body, signal, {
        call: (raw) => {
          if (signal === 'traces' || isAccessLog(raw)) {
            this.#calls.append(raw, block, SOURCE[signal], arrived);
          } else {
            otherLogs++;
          }
        },
        bad: (problem, at) => this.#bad(`${problem} at byte ${at}`),
      });
      done = outcome.ok;
      if (!outcome.ok) return `${outcome.problem} at byte ${outcome.at}`;
      metrics.spans.inc({ outcome: 'skipped' }, outcome.skipped + otherLogs);
    } finally {
      // Also when something threw: half a row must not stay behind.
      if (!done) block.truncate(before);
    }
    return null;
  }
}

function count(metrics: CollectorMetrics, sender: string, kept: number, done: Reading): void {
  metrics.spans.inc({ outcome: 'kept' }, kept);
  metrics.spans.inc({ outcome: 'rejected' }, done.bad);
  if (done.bad > 0) metrics.rejected.inc({ reason: 'malformed', sender }, done.bad);
  for (const [reason, n] of done.adjusted) metrics.adjusted.inc({ reason, sender }, n);
}

/** Builds what stands behind every transport. */
export function createIntake(options: IntakeOptions): Intake {
  const { keeper, metrics } = options;
  const reader = new RequestReader(options);
  /** Reads the body at once; what waits for the store afterwards does not hold on to it. */
  const takeIn: Intake = (body, encoding, signal, sender) => {
    if (!keeper.hasRoom) {
      return outcome({ kind: 'unavailable', message: 'the queue is full', retryAfter: 1 });
    }
    const before = keeper.block.rows;
    const done = reader.read(body, encoding, signal);
    const rows = keeper.block.rows - before;
    const message = done.problem ?? messageOf(done, signal === 'traces' ? 'spans' : 'log records');
    if (done.problem !== null || (rows === 0 && done.bad > 0)) {
      return outcome({ kind: 'malformed', message });
    }
    const committed = rows === 0 ? Promise.resolve(true) : keeper.commit();
    return committed.then((kept): IntakeOutcome => {
      if (!kept) {
        return { kind: 'unavailable', message: 'the store cannot be reached', retryAfter: 5 };
      }
      count(metrics, sender, rows, done);
      return { kind: 'kept', partial: { rejected: done.bad, message } };
    });
  };
  // An error of ours ends in the promise, as the transports expect.
  return (...request) => new Promise((resolve) => resolve(takeIn(...request)));
}

function outcome(what: IntakeOutcome): Promise<IntakeOutcome> {
  return Promise.resolve(what);
}
