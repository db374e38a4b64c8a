import { userInfo } from 'node:os';
import { Command } from 'commander';
import { openAudit } from '../../store/audit/audit.ts';
import { listDeliveries } from '../../store/deliveries/deliveries.ts';
import { retryDeliveries } from '../../store/deliveries/retry.ts';
import { withStore } from '../with-store.ts';

interface Options {
  receiver?: string;
  id: string[];
}

/** `tokenwatch deliveries list | retry`: what was told to whom, and telling again what failed. */
export function deliveriesCommand(): Command {
  const deliveries = new Command('deliveries').description('what was told to whom');
  deliveries
    .command('list')
    .description('the latest hundred, newest first')
    .action(async (_options, command: Command) => {
      await withStore(command, async (db) => {
        for (const one of await listDeliveries(db)) {
          const at = new Date(one.createdAt).toISOString();
          const error = one.lastError === '' ? '' : `  ${one.lastError}`;
          process.stdout.write(
            `${at}  ${one.id}  ${one.receiver}  ${one.reason}  ${one.state}  ${one.incidentId}${error}\n`,
          );
        }
      });
    });
  deliveries
    .command('retry')
    .description('have dead and refused deliveries tried again by the running alerting stage')
    .option('--receiver <name>', 'only those to this receiver')
    .option('--id <id...>', 'only these', [])
    .action(async (options: Options, command: Command) => {
      await withStore(command, async (db, config) => {
        const filter = {
          ...(options.receiver === undefined ? {} : { receiver: options.receiver }),
          ...(options.id.length === 0 ? {} : { ids: options.id }),
        };
        const again = await retryDeliveries(db, filter, Date.now());
        const signingKey = config.alerting.audit_key;
        const audit = openAudit({ db, stage: 'cli', now: Date.now, signingKey });
        const actor = `person:${userInfo().username}`;
        await audit.record(
          again.map(({ id, receiver }) => ({
            ...{
              actor,
              action: 'delivery.retried',
              subject: `delivery:${id}`,
              detail: { receiver },
            },
          })),
        );
        process.stdout.write(`${String(again.length)} deliveries will be tried again\n`);
      });
    });
  return deliveries;
}
