import { setTimeout as delay } from 'node:timers/promises';
import type { RunningStage, StageContext } from '../store/stage.ts';
import { Alerting } from './app.ts';
import { createMetrics } from './metrics.ts';

/** How long deliveries that are on their way may take when the stage stops, and the pause after an error, ms. */
const GRACE = 3_000;
const PAUSE_AFTER_ERROR = 2_000;

/** Starts the alerting stage: it follows findings and tells people until it is stopped. */
export async function startAlerting(context: StageContext): Promise<RunningStage> {
  const { config, db, log, registry, now } = context;
  const alerting = new Alerting({ config, db, log, now, metrics: createMetrics(registry) });
  await alerting.begin();
  const stopping = new AbortController();
  const rest = async (ms: number): Promise<void> => {
    await delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
  };
  const loop = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        const more = await alerting.round();
        if (!more) await rest(config.alerting.poll_seconds * 1_000);
      } catch (error) {
        // Nothing is lost by it: the next round reads and decides the same again.
        log.warn({ err: error }, 'a round ended early');
        await rest(PAUSE_AFTER_ERROR);
      }
    }
  };
  const running = loop();
  let stopped: Promise<void> | null = null;
  return {
    name: 'alerting',
    urls: {},
    stop: async () => {
      stopped ??= (async () => {
        stopping.abort();
        await running;
        await alerting.stop(GRACE);
      })();
      return stopped;
    },
  };
}
