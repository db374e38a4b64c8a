import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { openAudit } from '../store/audit/audit.ts';
import { confirmForgotten, latestErasure } from '../store/erase/forgetting.ts';
import { createLease } from '../store/lease.ts';
import type { Lease } from '../store/lease.ts';
import type { RunningStage, StageContext } from '../store/stage.ts';
import { Alerting } from './app.ts';
import { createInteractions } from './interactions/app.ts';
import { createMetrics } from './metrics.ts';

/** What is on its way may take this long when the stage stops; the pause after an error, and while standing by, ms. */
const GRACE = 3_000;
const PAUSE_AFTER_ERROR = 2_000;
const STANDING_BY = 1_000;
/** How often is looked whether somebody's data was erased, ms. */
const LOOK_FOR_ERASURE = 1_000;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The stage's loop: rounds while it holds the lease. */
class Loop {
  readonly #context: StageContext;
  readonly #make: () => Alerting;
  readonly #onFailure: () => void;
  readonly #lease: Lease;
  readonly #stopping = new AbortController();
  #alerting: Alerting | null = null;
  #standingBy = false;
  /** The erasure that what is remembered now was read after. */
  #erasure = '';
  #lookedAt = 0;

  constructor(context: StageContext, make: () => Alerting, onFailure: () => void) {
    const { db, now } = context;
    this.#context = context;
    this.#make = make;
    this.#onFailure = onFailure;
    this.#lease = createLease({
      ...{ db, now, isAlive },
      stage: 'alerting',
      host: hostname(),
      pid: process.pid,
    });
  }

  async #rest(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  /** One turn; resolves with how long to rest, ms. */
  async #turn(): Promise<number> {
    const { log, config } = this.#context;
    if (!(await this.#lease.hold())) {
      if (!this.#standingBy) log.warn('another alerting process is at work: standing by');
      this.#standingBy = true;
      // What it remembers would be out of date by the time it is its turn.
      await this.#alerting?.stop(GRACE);
      this.#alerting = null;
      return STANDING_BY;
    }
    this.#standingBy = false;
    await this.#forgetErased();
    this.#alerting ??= await this.#begin();
    return (await this.#alerting.round()) ? 0 : config.alerting.poll_seconds * 1_000;
  }

  /** Drops everything that is remembered when somebody was erased: it would be written again with the next change. */
  async #forgetErased(): Promise<void> {
    const { db, log, now } = this.#context;
    if (this.#alerting === null || Math.abs(now() - this.#lookedAt) < LOOK_FOR_ERASURE) return;
    this.#lookedAt = now();
    if ((await latestErasure(db)) === this.#erasure) return;
    log.info('somebody was erased: everything is read anew');
    await this.#alerting.stop(GRACE);
    this.#alerting = null;
  }

  async #begin(): Promise<Alerting> {
    const { db } = this.#context;
    const erasure = await latestErasure(db);
    const alerting = this.#make();
    await alerting.begin();
    if (erasure !== '') await confirmForgotten(db, 'alerting', erasure);
    this.#erasure = erasure;
    return alerting;
  }

  async run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        const pause = await this.#turn();
        if (pause > 0) await this.#rest(pause);
      } catch (error) {
        // Nothing is lost by it: the next round reads and decides the same again.
        this.#onFailure();
        this.#context.log.warn({ err: error }, 'a round ended early');
        await this.#rest(PAUSE_AFTER_ERROR);
      }
    }
    await this.#alerting?.stop(GRACE);
    await this.#lease.release().catch(() => undefined);
  }

  stop(): void {
    this.#stopping.abort();
  }
}

/** Starts the alerting stage: it follows findings and tells people until it is stopped. */
export async function startAlerting(context: StageContext): Promise<RunningStage> {
  const { config, db, log, registry, now } = context;
  const metrics = createMetrics(registry);
  const loop = new Loop(
    context,
    () => new Alerting({ config, db, log, now, metrics, reportSpan: context.reportSpan }),
    () => metrics.failures.inc(),
  );
  const { port, host } = config.alerting.interactions;
  const urls: Record<string, string> = {};
  const audit = openAudit({ db, stage: 'slack', now, signingKey: config.alerting.audit_key });
  const interactions =
    port === undefined
      ? null
      : createInteractions({ db, config: config.alerting.interactions, audit, log, now });
  if (interactions !== null)
    urls['interactions'] = await interactions.listen({ host, port: port ?? 0 });
  const running = loop.run();
  let stopped: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    loop.stop();
    await interactions?.close();
    await running;
  };
  return {
    name: 'alerting',
    urls,
    stop: async () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
