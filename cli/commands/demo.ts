import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { createLogger } from '../../config/logger.ts';
import { configFor } from '../config-option.ts';
import { EXIT } from '../exit.ts';
import { Lifetime } from '../lifetime.ts';
import { wholeNumber } from '../whole-number.ts';

const HELP = `
The bank hashes with the pepper of this configuration. In <data_dir>/example-bank it remembers how
far its history has been told: the first start sends a fortnight, a later one what is missing. A
sender key is taken from collector.keys. With --issuer, its services ask GET <url>/revoked each
second for {"tokens": [hash, ...]} and refuse those; without it, nothing is revoked.`;

interface DemoFlags {
  collector?: string;
  issuer?: string;
  seed: number;
  speed: number;
}

function factor(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value <= 100))
    throw new InvalidArgumentError('expected a number above 0, at most 100.');
  return value;
}

function httpAddress(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '')
    throw new InvalidArgumentError('expected an http or https address.');
  return url.href.replace(/\/+$/, '');
}

/** Fails early and in words: history would be tried for minutes before it is given up. */
async function expectCollector(url: string): Promise<void> {
  try {
    await fetch(url, { signal: AbortSignal.timeout(5_000) });
  } catch {
    throw new Error(`no collector answers at ${url} (start one, or say --collector URL)`);
  }
}

async function demo(command: Command, flags: DemoFlags): Promise<void> {
  const { config } = configFor(command);
  const collectorUrl = flags.collector ?? `http://127.0.0.1:${String(config.collector.http_port)}`;
  await expectCollector(collectorUrl);
  // Loaded only here: a production image has no demo.
  const { startBank } = await import('../example-bank.ts');
  // Not `demo`, where `up` keeps a bank that has told its history to another store.
  const dataDir = join(config.data_dir, 'example-bank');
  const log = createLogger('demo', process.stdout.isTTY ? 'warn' : config.log.level);
  const lifetime = new Lifetime(log);
  lifetime.listen(() => {
    process.stdout.write('stopping: sending the last calls ...\n');
  });
  const { issuer: issuerUrl, seed, speed } = flags;
  const bank = await startBank({
    ...{ config, log, collectorUrl, dataDir, seed, speed },
    ...(issuerUrl === undefined ? {} : { issuerUrl }),
  });
  bank.live.catch(() => void lifetime.end(EXIT.failed));
  if (lifetime.ending) await bank.stop();
  else lifetime.add(bank);
  process.stdout.write(`the example bank reports to ${collectorUrl}; Ctrl-C stops it.\n`);
  await lifetime.ended;
}

/** `tokenwatch demo`: the example bank alone, against a collector that runs elsewhere. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('run the example bank alone, against a collector that runs elsewhere')
    .option('--collector <url>', 'its OTLP/HTTP address (default: http_port here)', httpAddress)
    .option('--issuer <url>', 'where the bank asks for revoked tokens', httpAddress)
    .option('--seed <number>', 'another bank for another number', wholeNumber(0, 999_999_999), 1)
    .option('--speed <factor>', '2 brings the attacks in half the time', factor, 1)
    .addHelpText('after', HELP)
    .action(async (flags: DemoFlags, command: Command) => {
      await demo(command, flags);
    });
}
