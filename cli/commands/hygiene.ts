import { Command } from 'commander';
import { readHygiene } from '../../store/calls/hygiene.ts';
import type { HygieneRow } from '../../store/calls/hygiene.ts';
import { wholeNumber } from '../whole-number.ts';
import { withStore } from '../with-store.ts';

const DAY = 86_400_000;

interface Options {
  service?: string;
  days: number;
  limit: number;
  json?: true;
}

/** Of times nothing is masked: they were so far off that the time of arrival was kept. */
function wordsOf({ day, service, field, kind, count }: HygieneRow): string {
  const what =
    field === 'time' ? `dated too far in the ${kind}` : `with a ${kind} in ${field}, masked`;
  return `${day}  ${service}  ${String(count)} ${count === 1 ? 'call' : 'calls'} ${what}\n`;
}

/** `tokenwatch hygiene`: which services send what they should keep to themselves. */
export function hygieneCommand(): Command {
  return new Command('hygiene')
    .description('services that send card numbers, tokens, keys, addresses or wrong times')
    .option('--service <name>', 'only calls of this service')
    .option('--days <number>', 'of so many days, with today', wholeNumber(1, 400), 7)
    .option('--limit <number>', 'at most so many lines', wholeNumber(1, 10_000), 200)
    .option('--json', 'one line as JSON for each day, service, field and kind')
    .action(async (options: Options, command: Command) => {
      const { service, days, limit, json } = options;
      const since = Date.now() - (days - 1) * DAY;
      const query = { since, limit, ...(service === undefined ? {} : { service }) };
      const rows = await withStore(command, async (db) => readHygiene(db, query));
      for (const row of rows) {
        process.stdout.write(json === true ? `${JSON.stringify(row)}\n` : wordsOf(row));
      }
      if (rows.length === 0 && json !== true)
        process.stdout.write('no service sent what had to be masked\n');
    });
}
