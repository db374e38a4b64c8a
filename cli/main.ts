/** `tokenwatch <command>`: reads the words, loads the configuration, starts what is asked for. */
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/load.ts';
import { auditCommand } from './commands/audit.ts';
import { backtestCommand } from './commands/backtest.ts';
import { backupCommand, restoreCommand } from './commands/backup.ts';
import { configCommand } from './commands/config.ts';
import { deliveriesCommand } from './commands/deliveries.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { eraseCommand } from './commands/erase.ts';
import { hygieneCommand } from './commands/hygiene.ts';
import { importCommand } from './commands/import.ts';
import { migrateCommand } from './commands/migrate.ts';
import { revocationCommand } from './commands/revocation.ts';
import { routesCommand } from './commands/routes.ts';
import { sprawlCommand } from './commands/sprawl.ts';
import { stageCommands } from './commands/stages.ts';
import { upCommand } from './commands/up.ts';
import { EXIT, UsageError } from './exit.ts';

/** Every command, in the order in which `--help` lists them. */
function program(): Command {
  const root = new Command('tokenwatch')
    .description('Watches API tokens: OpenTelemetry in, explained incidents out.')
    .option(
      '--config <file>',
      'configuration file (default: tokenwatch.yaml, or $TOKENWATCH_CONFIG)',
    )
    .showHelpAfterError('(tokenwatch --help says more)')
    .exitOverride();
  const commands = [
    upCommand(),
    ...stageCommands(),
    migrateCommand(),
    demoCommand(),
    importCommand(),
    backtestCommand(),
    configCommand(),
    routesCommand(),
    deliveriesCommand(),
    sprawlCommand(),
    hygieneCommand(),
    revocationCommand(),
    auditCommand(),
    eraseCommand(),
    backupCommand(),
    restoreCommand(),
    doctorCommand(),
  ];
  for (const command of commands) root.addCommand(command.copyInheritedSettings(root));
  return root;
}

function fail(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof ConfigError || error instanceof UsageError) {
    process.stderr.write(`tokenwatch: ${error.message}\n`);
    return EXIT.usage;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`tokenwatch: ${message}\n`);
  return EXIT.failed;
}

// `tokenwatch deliveries list | head`: nobody reads on, and nobody wants to read a stack either.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.failed);
  throw error;
});

try {
  await program().parseAsync(process.argv);
} catch (error) {
  process.exitCode = fail(error);
}
// Everything was stopped in order by now; a forgotten handle must not keep the process.
setTimeout(() => process.exit(), 3_000).unref();
