import { pepperOf } from '../config/pepper.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../config/logger.ts';
import { startDemo } from '../demo/main.ts';

export interface BankOptions {
  config: Config;
  log: Logger;
  /** The collector's OTLP/HTTP address. */
  collectorUrl: string;
  /** Where the bank's services ask for revoked tokens; nowhere when left out. */
  issuerUrl?: string;
  /** Where the bank remembers; the installation's own directory when left out. */
  dataDir?: string;
  /** The same bank on every machine when left out. */
  seed?: number;
  /** 2 brings the attacks in half the time. */
  speed?: number;
}

/** Starts the example bank against a collector, with the installation's pepper, as a customer's services would be. */
export async function startBank(options: BankOptions) {
  const { config, log, collectorUrl, issuerUrl } = options;
  const [key] = config.collector.keys;
  return startDemo({
    collectorUrl,
    ...(issuerUrl === undefined ? {} : { issuerUrl }),
    ...(key === undefined ? {} : { senderKey: key.reveal() }),
    pepper: pepperOf(config).reveal(),
    dataDir: options.dataDir ?? config.data_dir,
    seed: options.seed ?? 1,
    speed: options.speed ?? 1,
    log: log.child({ stage: 'demo' }),
    terminal: process.stdout,
    onAttack: ({ title, client }) => {
      process.stdout.write(
        `  ${new Date().toTimeString().slice(0, 8)}  the script attacks ${client}: ${title}\n`,
      );
    },
  });
}
