import { startChild } from './child.ts';
import type { Child } from './child.ts';
import type { DriverReport } from './messages.ts';
import type { DemoOptions } from './options.ts';
import { progressBar } from './progress.ts';
import type { Progress } from './progress.ts';
import type { Memory } from './state.ts';

/** Live traffic remembers how far it came this often, ms. */
const REMEMBER_MS = 5_000;
/** Of reasons for trouble that repeat, so many are logged. */
const MAX_TROUBLE = 20;

/** The process that plays the bank's clients. */
export interface Driver {
  child: Child<DriverReport>;
  /** Settles when live traffic has begun. */
  live: Promise<void>;
  stop: () => Promise<void>;
}

/** Starts the clients' process, remembers how far it came, shows it, and logs its attacks. */
export function startDriver(options: DemoOptions, memory: Memory): Driver {
  const bar = progressBar('example bank: a fortnight of calls', options.terminal ?? process.stderr);
  const live = Promise.withResolvers<undefined>();
  live.promise.catch(() => undefined); // Nobody has to wait for it.
  const diary = new Diary(options, memory, bar, () => live.resolve(undefined));
  const child = startChild<DriverReport>({
    name: 'clients',
    file: new URL('./driver.ts', import.meta.url),
    env: { PATH: process.env['PATH'] },
    onMessage: (message) => diary.note(message),
    onCrash: (_name, code) => {
      options.log.error({ code }, 'the clients of the example bank ended');
      live.reject(new Error('the clients of the example bank ended'));
    },
  });
  return {
    child,
    live: live.promise,
    stop: async () => {
      await child.stop();
      bar.finish();
      diary.remember();
    },
  };
}

/** What the driver reports, written down: in the state, on the terminal, in the log. */
class Diary {
  readonly #options: DemoOptions;
  readonly #memory: Memory;
  readonly #begun: number;
  readonly #bar: Progress;
  readonly #onLive: () => void;
  #reportedUntil: number;
  #savedUntil: number;
  #trouble = 0;

  constructor(options: DemoOptions, memory: Memory, bar: Progress, onLive: () => void) {
    this.#options = options;
    this.#memory = memory;
    this.#begun = memory.state.reportedUntil;
    this.#bar = bar;
    this.#onLive = onLive;
    this.#reportedUntil = this.#begun;
    this.#savedUntil = this.#begun;
  }

  note(message: DriverReport): void {
    const { log } = this.#options;
    switch (message.kind) {
      case 'kept':
        this.#kept(message.until, message.calls);
        break;
      case 'live':
        this.#bar.finish();
        log.info('example bank: history is told, live traffic begins');
        this.#onLive();
        break;
      case 'sent':
        this.#reportedUntil = message.until;
        if (message.until - this.#savedUntil >= REMEMBER_MS) this.remember();
        break;
      case 'attack':
        log.info({ attack: message.name, client: message.client }, message.title);
        this.#options.onAttack?.(message);
        break;
      case 'renewed':
        this.#memory.renewed(message.firstId, message.issuedAt);
        log.info(
          { client: message.client, tokenId: message.tokenId },
          'a client renewed its token',
        );
        break;
      case 'trouble':
        this.#trouble += 1;
        if (this.#trouble <= MAX_TROUBLE) log.warn(`example bank: ${message.reason}`);
    }
  }

  remember(): void {
    this.#savedUntil = this.#reportedUntil;
    this.#memory.reportedUntil(this.#reportedUntil);
  }

  #kept(until: number, calls: number): void {
    this.#reportedUntil = until;
    this.remember();
    const begun = this.#begun;
    const now = (this.#options.now ?? Date.now)();
    this.#bar.update(until - begun, now - begun, `${calls.toLocaleString('en')} calls`);
  }
}
