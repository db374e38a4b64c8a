import { ExportResultCode } from '@opentelemetry/core';
import type { ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;

export interface PatientOptions {
  inner: SpanExporter;
  /** Requests under way at once. */
  concurrency: number;
  /** How long one batch is tried before it counts as failed, ms. */
  patienceMs: number;
}

/**
 * An exporter for history, where every span counts: it tries a batch again until it is taken, and
 * keeps only so many requests under way. (The SDK's own exporters give up after five attempts, and
 * refuse what exceeds their limit of parallel requests.)
 */
export class PatientExporter implements SpanExporter {
  readonly #options: PatientOptions;
  readonly #waiting: (() => void)[] = [];
  #active = 0;

  constructor(options: PatientOptions) {
    this.#options = options;
  }

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    void this.#deliver(spans).then(done);
  }

  async forceFlush(): Promise<void> {
    await this.#options.inner.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.#options.inner.shutdown();
  }

  async #deliver(spans: ReadableSpan[]): Promise<ExportResult> {
    await this.#turn();
    try {
      let waited = 0;
      for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
        const result = await this.#once(spans);
        if (result.code === ExportResultCode.SUCCESS) return result;
        if (waited >= this.#options.patienceMs) return result;
        await new Promise((resolve) => setTimeout(resolve, wait));
        waited += wait;
      }
    } finally {
      this.#active -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    if (this.#active >= this.#options.concurrency) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#active += 1;
  }

  #once(spans: ReadableSpan[]): Promise<ExportResult> {
    return new Promise((resolve) => {
      this.#options.inner.export(spans, resolve);
    });
  }
}
