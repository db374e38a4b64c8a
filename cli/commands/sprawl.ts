import { Command } from 'commander';
import { listClientSprawl, listSprawl } from '../../store/console/inventory.ts';
import type { SprawlRow } from '../../store/console/inventory.ts';
import { wholeNumber } from '../whole-number.ts';
import { withStore } from '../with-store.ts';

const DAY = 86_400_000;

interface Options {
  client?: string;
  days: number;
  limit: number;
  json?: true;
}

/** One token in words: what it may and does not use, and who shares it. */
function wordsOf(row: SprawlRow): string {
  const shared = [
    [row.clients, 'clients'],
    [row.networks, 'networks'],
    [row.agents, 'user agents'],
    [row.services.length, 'services'],
  ] as const;
  const parts = [
    ...(row.unused.length === 0
      ? []
      : [
          `${String(row.unused.length)} of ${String(row.granted.length)} scopes never used: ${row.unused.join(', ')}`,
        ]),
    ...shared.filter(([count]) => count > 1).map(([count, what]) => `${String(count)} ${what}`),
  ];
  const last = new Date(row.lastSeen).toISOString();
  return `${row.tokenHash}  ${row.clientId}  last used ${last}  ${parts.join('; ')}\n`;
}

/** `tokenwatch sprawl`: scopes granted and never used, and tokens that are shared. */
export function sprawlCommand(): Command {
  return new Command('sprawl')
    .description('tokens with scopes granted and never used, or shared by several; the worst first')
    .option('--client <id>', 'only tokens of this client')
    .option('--days <number>', 'only tokens used within so many days', wholeNumber(1, 400), 90)
    .option('--limit <number>', 'at most so many tokens', wholeNumber(1, 10_000), 200)
    .option('--json', 'one token a line, as JSON')
    .action(async (options: Options, command: Command) => {
      const filter = {
        since: Date.now() - options.days * DAY,
        ...(options.client === undefined ? {} : { client: options.client }),
      };
      const page = { limit: options.limit, offset: 0 };
      const [rows, clients] = await withStore(command, async (db) =>
        Promise.all([listSprawl(db, filter, page), listClientSprawl(db, filter, page)]),
      );
      if (options.json === true) {
        for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`);
        return;
      }
      for (const row of rows) process.stdout.write(wordsOf(row));
      if (clients.length > 0) process.stdout.write('\nby client:\n');
      for (const { clientId, scope, tokens, unused } of clients) {
        const of = `${String(unused)} of its ${String(tokens)} tokens with it`;
        process.stdout.write(`${clientId}  ${scope}  never used by ${of}\n`);
      }
      if (rows.length === 0)
        process.stdout.write('no token is shared or granted more than it uses\n');
    });
}
