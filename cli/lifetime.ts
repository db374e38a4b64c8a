import type { RunningStage } from '../store/stage.ts';
import type { Logger } from '../config/logger.ts';
import { EXIT } from './exit.ts';

/** Something that is stopped when the process ends, in the reverse order of registration. */
export interface Stoppable {
  name: string;
  stop: () => Promise<void>;
}

/** How long one part may take to stop, ms; then the next one is stopped regardless. */
const PATIENCE = 30_000;
/** Signals that follow the first one within this time, ms, are the same key press. */
const REPEAT_GUARD = 500;

/**
 * What runs in this process, and its orderly end: the first signal stops the parts in the reverse
 * order of their start, a second one ends the process at once.
 */
export class Lifetime {
  readonly #parts: Stoppable[] = [];
  readonly #log: Logger;
  #ending: Promise<void> | null = null;
  #finished: () => void = () => undefined;
  #code: number = EXIT.ok;
  /** Settles when everything has been stopped. */
  readonly ended: Promise<void>;

  constructor(log: Logger) {
    this.#log = log;
    this.ended = new Promise((fulfil) => {
      this.#finished = fulfil;
    });
  }

  /** True from the first request to stop. */
  get ending(): boolean {
    return this.#ending !== null;
  }

  add(part: Stoppable | RunningStage): void {
    this.#parts.push(part);
  }

  /** Begins the end; later calls join it. */
  async end(code: number = EXIT.ok): Promise<void> {
    this.#code = Math.max(this.#code, code);
    this.#ending ??= this.#stopAll();
    return this.#ending;
  }

  async #stopAll(): Promise<void> {
    for (const part of this.#parts.toReversed()) {
      const slow = new Promise<'slow'>((fulfil) => {
        setTimeout(() => {
          fulfil('slow');
        }, PATIENCE).unref();
      });
      try {
        const outcome = await Promise.race([part.stop(), slow]);
        if (outcome === 'slow') {
          this.#code = EXIT.failed;
          this.#log.error({ part: part.name }, 'did not stop in time');
        }
      } catch (error) {
        this.#code = EXIT.failed;
        this.#log.error({ err: error, part: part.name }, 'failed while it stopped');
      }
    }
    process.exitCode = this.#code;
    this.#finished();
  }

  /** Ends on SIGINT, SIGTERM and SIGHUP, and when something was thrown that nobody caught. */
  listen(onFirstSignal: () => void = () => undefined): void {
    let first = 0;
    const onSignal = (): void => {
      if (!this.ending) {
        first = performance.now();
        onFirstSignal();
        void this.end();
        // One Ctrl-C can arrive twice, from the terminal and from npm: only a later one is impatience.
      } else if (performance.now() - first > REPEAT_GUARD) process.exit(130);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
    const onFault = (error: unknown): void => {
      this.#log.fatal({ err: error }, 'unexpected failure: stopping');
      void this.end(EXIT.failed);
    };
    process.on('uncaughtException', onFault);
    process.on('unhandledRejection', onFault);
  }
}
