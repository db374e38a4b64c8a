import { setTimeout as delay } from 'node:timers/promises';
import { shardName, shardOf } from '../config/shard.ts';
import type { RunningStage, StageContext } from '../store/stage.ts';
import { createDetector } from './app.ts';
import type { Detector } from './app.ts';
import { createMetrics } from './metrics.ts';
import type { DetectorMetrics } from './metrics.ts';
import { keepInventory } from './inventory/keep.ts';
import { startRules } from './rules/start.ts';
import { withParameters } from './parameters.ts';
import { createLiveSettings } from './what-if/live-settings.ts';
import { startWhatIf } from './what-if/start.ts';

/** After a failure the next look waits longer, up to so long, ms. */
const LONGEST_WAIT = 30_000;

/** Baselines are looked after so often, ms; an hour's training takes a minute for a million tokens. */
const PREPARE_CHECK = 1_000;

async function prepare(
  detector: Detector,
  context: StageContext,
  metrics: DetectorMetrics,
): Promise<boolean> {
  const started = performance.now();
  try {
    const known = await detector.prepare();
    if (known === null) return true;
    metrics.prepareSeconds.observe((performance.now() - started) / 1000);
    metrics.knownTokens.set(known);
    context.log.info({ known }, 'expectations prepared');
    return true;
  } catch (error) {
    metrics.failures.inc({ step: 'prepare' });
    context.log.error({ err: error }, 'baselines could not be trained; it will be tried again');
    return false;
  }
}

/** Trains baselines beside the ticks, which go on with the expectations of the hour. */
async function keepPrepared(
  detector: Detector,
  context: StageContext,
  metrics: DetectorMetrics,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const done = await prepare(detector, context, metrics);
    const wait = done ? PREPARE_CHECK : LONGEST_WAIT / 3;
    await delay(wait, undefined, { signal }).catch(() => undefined);
  }
}

/** The first of several detectors is waited for so long, ms; and looked for so often. */
const LONGEST_FOR_FIRST = 600_000;
const FIRST_CHECK = 1_000;

/** Waits until what is expected of the hour is there, where another detector learns it. */
async function awaitExpectations(
  detector: Detector,
  { log, now }: StageContext,
  signal: AbortSignal,
): Promise<void> {
  const began = now();
  for (let turn = 0; !signal.aborted; turn += 1) {
    if (await detector.isPrepared().catch(() => false)) return;
    if (turn === 0) log.info('waiting for the first detector, which learns what is expected');
    if (now() - began > LONGEST_FOR_FIRST) {
      log.warn(
        'the first detector has learnt nothing of this hour; volume is not judged until then',
      );
      return;
    }
    await delay(FIRST_CHECK, undefined, { signal }).catch(() => undefined);
  }
}

async function step(
  detector: Detector,
  context: StageContext,
  metrics: DetectorMetrics,
): Promise<number> {
  const looked = performance.now();
  const result = await detector.tick();
  const seconds = (performance.now() - looked) / 1000;
  metrics.tickSeconds.observe(seconds);
  const attributes = { findings: result.findings.length, owed: result.owed };
  context.reportSpan?.({ name: 'detector.tick', seconds, attributes });
  metrics.lagSeconds.set(result.behind / 1000);
  metrics.owedLooks.set(result.owed);
  metrics.givenUp.set(result.givenUp);
  for (const { shard, since } of result.neighbours) {
    const silent = Math.max(0, result.cursor + result.behind - since) / 1000;
    metrics.silentSeconds.set({ shard: shardName(shard) }, silent);
  }
  if (result.owed > 0) {
    const { owed, givenUp } = result;
    context.log.warn({ owed, givenUp }, 'too much for one look; the rest is taken next');
  }
  for (const finding of result.findings) {
    metrics.findings.inc({ detection: finding.detection });
    const { id, detection, severity, clientId, bits } = finding;
    context.log.info({ finding: id, detection, severity, client: clientId, bits }, 'finding');
  }
  return result.behind;
}

/** Thresholds are learnt again when a day begins, and soon after history arrived; looked for so often, ms. */
const CALIBRATION_CHECK = 5_000;

/** Learns thresholds beside the ticks, one run at a time. */
async function calibrateDaily(
  detector: Detector,
  context: StageContext,
  signal: AbortSignal,
  metrics: DetectorMetrics,
): Promise<void> {
  while (!signal.aborted) {
    try {
      if (detector.calibrationDue()) {
        const reviewed = await detector.calibrate(signal);
        context.log.info('thresholds learnt');
        for (const { detection, reason } of reviewed) {
          if (reason === '') context.log.info({ detection }, 'opens incidents again');
          else context.log.warn({ detection, reason }, 'is watched only from now on');
        }
      }
    } catch (error) {
      metrics.failures.inc({ step: 'calibrate' });
      context.log.error({ err: error }, 'thresholds could not be learnt; it will be tried again');
    }
    await delay(CALIBRATION_CHECK, undefined, { signal }).catch(() => undefined);
  }
}

/** Looks at new calls again and again until it is stopped. */
async function keepLooking(
  detector: Detector,
  context: StageContext,
  metrics: DetectorMetrics,
  signal: AbortSignal,
): Promise<void> {
  const rest = context.config.detector.tick_seconds * 1000;
  let wait = rest;
  while (!signal.aborted) {
    const started = performance.now();
    try {
      const behind = await step(detector, context, metrics);
      // Behind after a pause: go on at once.
      wait = behind > 0 ? 0 : Math.max(0, rest - (performance.now() - started));
    } catch (error) {
      metrics.failures.inc({ step: 'tick' });
      const seconds = (performance.now() - started) / 1000;
      context.reportSpan?.({ name: 'detector.tick', seconds, attributes: {}, failed: true });
      context.log.error({ err: error }, 'a look at new calls failed; it will be repeated');
      wait = Math.min(LONGEST_WAIT, Math.max(1000, wait * 2));
    }
    await delay(wait, undefined, { signal }).catch(() => undefined);
  }
}

/** Starts the detector: it looks at new calls every `detector.tick_seconds` until it is stopped. */
export async function startDetector(context: StageContext): Promise<RunningStage> {
  const { config, db, log } = context;
  const metrics = createMetrics(context.registry);
  const shard = shardOf(config.detector.shard);
  metrics.shard.set({ shard: shardName(shard) }, 1);
  const live = createLiveSettings(db, config.detector, log);
  await live.refresh();
  const own = await startRules(context);
  const detector = createDetector({
    db,
    now: context.now,
    shard,
    get settings() {
      return { ...live.current, userRules: own.rules };
    },
  });
  const tuned: Detector = {
    ...detector,
    tick: async () => withParameters(live.current.changed, async () => detector.tick()),
  };
  // What there is once for all detectors is the first one's.
  if (shard.index === 1) await keepInventory(db, config.detector, context.now());
  await detector.start();
  const stopping = new AbortController();
  // What is known is learnt before anything is judged by it.
  const learnt = async (): Promise<unknown> =>
    shard.index === 1
      ? prepare(detector, context, metrics)
      : awaitExpectations(detector, context, stopping.signal);
  const running = learnt().then(async () =>
    Promise.all([
      keepPrepared(detector, context, metrics, stopping.signal),
      keepLooking(tuned, context, metrics, stopping.signal),
    ]),
  );
  const calibrating = calibrateDaily(detector, context, stopping.signal, metrics);
  const following = live.follow(stopping.signal);
  const reading = own.follow(stopping.signal);
  const answering = startWhatIf(context, live, stopping.signal);
  return {
    name: 'detector',
    urls: {},
    async stop() {
      stopping.abort();
      await Promise.all([running, calibrating, following, answering, reading]);
      await own.close();
    },
  };
}
