import { userInfo } from 'node:os';
import { Command } from 'commander';
import { openAudit } from '../../store/audit/audit.ts';
import { readRevocationStop, writeRevocationStop } from '../../store/responses/stop.ts';
import { withStore } from '../with-store.ts';

async function set(command: Command, stopped: boolean, reason: string): Promise<void> {
  await withStore(command, async (db, config) => {
    const by = `person:${userInfo().username}`;
    const at = Date.now();
    await writeRevocationStop(db, { stopped, by, reason, at });
    const signingKey = config.alerting.audit_key;
    const audit = openAudit({ db, stage: 'cli', now: Date.now, signingKey });
    const action = stopped ? 'revocation.stopped' : 'revocation.resumed';
    await audit.record([{ actor: by, action, subject: 'revocation', detail: { reason } }]);
  });
  process.stdout.write(stopped ? 'nothing will be revoked\n' : 'revocations go on\n');
}

/** `tokenwatch revocation stop | resume | status`: the global stop. */
export function revocationCommand(): Command {
  const revocation = new Command('revocation').description('the global stop of revocations');
  revocation
    .command('stop')
    .description('revoke nothing from now on, whoever approves it')
    .requiredOption('--reason <text>', 'why (never left out); kept in the audit chain')
    .action(async ({ reason }: { reason: string }, command: Command) => {
      await set(command, true, reason);
    });
  revocation
    .command('resume')
    .description('let revocations go on')
    .requiredOption('--reason <text>', 'why (never left out); kept in the audit chain')
    .action(async ({ reason }: { reason: string }, command: Command) => {
      await set(command, false, reason);
    });
  revocation
    .command('status')
    .description('say whether revocations are stopped, by whom and why')
    .action(async (_options, command: Command) => {
      await withStore(command, async (db) => {
        const { stopped, by, reason, at } = await readRevocationStop(db);
        const since = at === 0 ? '' : ` since ${new Date(at).toISOString()} by ${by}: ${reason}`;
        process.stdout.write(`${stopped ? 'stopped' : 'allowed by the policy'}${since}\n`);
      });
    });
  return revocation;
}
