import { join } from 'node:path';
import { Command } from 'commander';
import type { LoadedConfig } from '../../config/load.ts';
import { createLogger } from '../../config/logger.ts';
import type { Logger } from '../../config/logger.ts';
import type { OpenStore } from '../../store/open.ts';
import type { RunningStage, StageContext } from '../../store/stage.ts';
import { configFor } from '../config-option.ts';
import { lockDataDir } from '../data-lock.ts';
import type { Inboxes } from '../inboxes.ts';
import { Lifetime } from '../lifetime.ts';
import { settlePorts } from '../ports.ts';
import { openContext, sampleMetrics } from '../process-context.ts';
import { STAGES } from './stages.ts';

/** Consumers first, so that nothing waits for a stage that is not there yet; the collector last. */
const ORDER = ['alerting', 'console', 'detector', 'collector'] as const;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function startStages(
  context: StageContext,
  lifetime: Lifetime,
): Promise<Map<string, RunningStage>> {
  const running = new Map<string, RunningStage>();
  for (const name of ORDER) {
    if (lifetime.ending) break;
    const start = await STAGES[name]?.load();
    if (start === undefined) continue;
    const stage = await start({ ...context, log: context.log.child({ stage: name }) });
    running.set(name, stage);
    lifetime.add(stage);
  }
  return running;
}

function whereToLook(
  stages: Map<string, RunningStage>,
  store: Pick<OpenStore, 'embedded'>,
  inboxes: Inboxes | null,
): void {
  const console = stages.get('console')?.urls;
  const collector = stages.get('collector')?.urls;
  say('');
  say(`  console     ${console?.['http'] ?? '-'}`);
  if (console?.['login'] !== undefined) say(`  sign in     ${console['login']}   (works once)`);
  if (inboxes !== null) say(`  Slack, mail ${inboxes.url}   (local stand-ins)`);
  say(`  OTLP/HTTP   ${collector?.['http'] ?? '-'}`);
  if (collector?.['grpc'] !== undefined) say(`  OTLP/gRPC   ${collector['grpc']}`);
  if (store.embedded !== null)
    say(`  ClickHouse  ${store.embedded.url}   (embedded, loopback only)`);
  say('');
}

/** Loads the configuration; with the example bank, on a data directory and with receivers of its own. */
async function prepare(
  command: Command,
  wantsDemo: boolean,
): Promise<{ loaded: LoadedConfig; inboxes: Inboxes | null }> {
  const plain = configFor(command);
  if (!wantsDemo || plain.file !== null) return { loaded: plain, inboxes: null };
  const dataDir = join(plain.config.data_dir, 'demo');
  // Loaded only here: a production image has no demo.
  const { startInboxes } = await import('../inboxes.ts');
  const inboxes = await startInboxes();
  const loaded = configFor(command, inboxes.configDefaults);
  return { loaded: { ...loaded, config: { ...loaded.config, data_dir: dataDir } }, inboxes };
}

function logFor(loaded: LoadedConfig): Logger {
  const { level } = loaded.config.log;
  // On a terminal the banner and the progress bar are what people read; ask for more with log.level.
  const quiet = process.stdout.isTTY && !loaded.explicit.has('log.level');
  return createLogger('tokenwatch', quiet ? 'warn' : level);
}

async function up(command: Command, wantsDemo: boolean): Promise<void> {
  const { loaded, inboxes } = await prepare(command, wantsDemo);
  const log = logFor(loaded);
  const lifetime = new Lifetime(log);
  if (inboxes !== null) lifetime.add(inboxes);
  lifetime.listen(() => {
    say('stopping: finishing what was accepted ...');
  });
  try {
    const { config, notes } = await settlePorts(loaded.config, loaded.explicit);
    notes.forEach(say);
    const unlock = lockDataDir(config.data_dir);
    lifetime.add({ name: 'lock', stop: unlock });
    if (inboxes !== null) {
      say(`Nothing is configured yet: running the example bank on ${config.data_dir}`);
      say('(--no-demo starts empty; tokenwatch config init writes a configuration to start from)');
    }
    const { store, context, ready } = await openContext(config, log, lifetime, 'up');
    await ready;
    const stages = await startStages(context, lifetime);
    sampleMetrics(context, 'up', [...stages.keys()], lifetime);
    if (!lifetime.ending) {
      whereToLook(stages, store, inboxes);
      if (inboxes !== null) {
        const { startBank } = await import('../example-bank.ts');
        lifetime.add(
          await startBank({
            config,
            log,
            collectorUrl: stages.get('collector')?.urls['http'] ?? '',
            issuerUrl: inboxes.issuerUrl,
          }),
        );
      } else say('tokenwatch is up; Ctrl-C stops it.');
    }
  } catch (error) {
    await lifetime.end(1);
    throw error;
  }
  await lifetime.ended;
  say('stopped.');
}

/** `tokenwatch up`: everything in one command; the default of `npm start`. */
export function upCommand(): Command {
  return new Command('up')
    .description('run everything: ClickHouse, collector, detector, alerting and console')
    .option('--no-demo', 'start empty, without the example bank')
    .action(async (options: { demo: boolean }, command: Command) => {
      await up(command, options.demo);
    });
}
