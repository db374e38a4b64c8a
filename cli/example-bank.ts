import { pepperOf } from '../config/pepper.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../config/logger.ts';
import { startDemo } from '../demo/main.ts';

/** The same bank on every machine. */
const SEED = 1;

export interface BankOptions {
  config: Config;
  log: Logger;
  /** The collector's OTLP/HTTP address. */
  collectorUrl: string;
  /** Where the bank's services ask for revoked tokens; nowhere when left out. */
  issuerUrl?: string;
}

/** Starts the example bank against a collector, with the installation's pepper, as a customer's services would be. */
export async function startBank({ config, log, collectorUrl, issuerUrl }: BankOptions) {
  const [key] = config.collector.keys;
  return startDemo({
    collectorUrl,
    ...(issuerUrl === undefined ? {} : { issuerUrl }),
    ...(key === undefined ? {} : { senderKey: key.reveal() }),
    pepper: pepperOf(config).reveal(),
    dataDir: config.data_dir,
    seed: SEED,
    speed: 1,
    log: log.child({ stage: 'demo' }),
    terminal: process.stdout,
    onAttack: ({ title, client }) => {
      process.stdout.write(
        `  ${new Date().toTimeString().slice(0, 8)}  the script attacks ${client}: ${title}\n`,
      );
    },
  });
}
