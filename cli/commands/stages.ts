import { Command, InvalidArgumentError, Option } from 'commander';
import { createLogger } from '../../config/logger.ts';
import type { Config } from '../../config/schema.ts';
import { SHARD_EXPECTED, WHOLE, parseShard, shardName } from '../../config/shard.ts';
import type { RunningStage, StageContext } from '../../store/stage.ts';
import { configFor } from '../config-option.ts';
import { Lifetime } from '../lifetime.ts';
import { openContext, sampleMetrics } from '../process-context.ts';
import { startHealthServer } from '../telemetry/health.ts';

type Start = (context: StageContext) => Promise<RunningStage>;

/** The stages, each started by its own room; loaded only when asked for. */
export const STAGES: Record<string, { about: string; load: () => Promise<Start> }> = {
  collector: {
    about: 'take OTLP in and keep calls',
    load: async () => (await import('../../collector/main.ts')).startCollector,
  },
  detector: {
    about: 'learn baselines and write findings',
    load: async () => (await import('../../detector/main.ts')).startDetector,
  },
  alerting: {
    about: 'fold findings into incidents and tell people',
    load: async () => (await import('../../alerting/main.ts')).startAlerting,
  },
  console: {
    about: 'serve the triage page and the API',
    load: async () => (await import('../../console/main.ts')).startConsole,
  },
};

/** What a stage's own options say, as the variables of the configuration that they go before. */
function variablesOf(command: Command): Record<string, string> {
  const { shard } = command.opts<{ shard?: string }>();
  return shard === undefined ? {} : { TOKENWATCH_DETECTOR_SHARD: shard };
}

/** The name of a process: `collector`, or of several detectors `detector-2/4`. */
function instanceOf(name: string, { detector }: Config): string {
  return name === 'detector' && detector.shard !== shardName(WHOLE)
    ? `${name}-${detector.shard}`
    : name;
}

async function runStage(name: string, command: Command): Promise<void> {
  const { config } = configFor(command, {}, variablesOf(command));
  const instance = instanceOf(name, config);
  const log = createLogger(name, config.log.level);
  const lifetime = new Lifetime(log);
  lifetime.listen();
  const load = STAGES[name]?.load;
  if (load === undefined) return;
  try {
    const { context, ready } = await openContext(config, log, lifetime, name);
    // Listened to from the start: its failure may come before anyone waits for it.
    ready.catch(() => undefined);
    let isStarted = false;
    const about = instance === name ? {} : { shard: config.detector.shard };
    const health = await startHealthServer(context, () => isStarted, about);
    if (health !== null) lifetime.add(health);
    // The collector keeps calls on disk meanwhile; the others have nothing to do without the store.
    const isThere = name === 'collector' || (await ready);
    const start = await load();
    if (isThere && !lifetime.ending) {
      const stage = await start(context);
      lifetime.add(stage);
      log.info({ urls: stage.urls }, 'started');
      if (await ready) sampleMetrics(context, instance, [name], lifetime);
      isStarted = true;
    }
  } catch (error) {
    await lifetime.end(1);
    throw error;
  }
  await lifetime.ended;
}

/** `tokenwatch collector | detector | alerting | console`: one stage as a process of its own. */
export function stageCommands(): Command[] {
  return Object.entries(STAGES).map(([name, { about }]) => {
    const stage = new Command(name)
      .description(`run one stage: ${about}`)
      .action(async (_options, command: Command) => {
        await runStage(name, command);
      });
    return name === 'detector' ? stage.addOption(shardOption()) : stage;
  });
}

function shardOption(): Option {
  const about = 'judge one part of the tokens, of n that as many detectors share: 2/4';
  return new Option('--shard <i/n>', `${about} (default: detector.shard, or 1/1)`).argParser(
    (text: string) => {
      if (parseShard(text) === null) throw new InvalidArgumentError(`${SHARD_EXPECTED}.`);
      return text;
    },
  );
}
