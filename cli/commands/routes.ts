import { Command, Option } from 'commander';
import { explainRoute } from '../../alerting/routing/explain.ts';
import type { RouteExplanation } from '../../alerting/routing/explain.ts';
import type { Labels } from '../../model/incident-match.ts';
import { SEVERITIES } from '../../model/severity.ts';
import type { Severity } from '../../model/severity.ts';
import { configFor } from '../config-option.ts';
import { EXIT } from '../exit.ts';

interface Options {
  severity: Severity;
  client: string;
  detection: string[];
  service: string[];
  environment: string[];
  token: string;
  campaign: boolean;
}

function labels(options: Options): Labels {
  return {
    severity: options.severity,
    detections: options.detection,
    client: options.client,
    services: options.service,
    environments: options.environment,
    token: options.token,
    entity: options.token === '' ? 'client' : 'token',
    campaign: options.campaign,
  };
}

function line(to: RouteExplanation['receivers'][number]): string {
  const when =
    to.escalateAfter === null
      ? `after ${String(to.wait / 1000)} s`
      : `if not acknowledged within ${String(to.escalateAfter / 60_000)} min`;
  const held = to.held === null ? '' : `, held now: ${to.held}`;
  return `${to.receiver} (${to.type}) ${when}${held}, by ${to.path}`;
}

function test(options: Options, command: Command): void {
  const { config } = configFor(command);
  const { path, receivers } = explainRoute(config.alerting, labels(options), Date.now());
  process.stdout.write(`path: ${path.join(' > ') || 'none matches'}\n`);
  for (const to of receivers) process.stdout.write(`  ${line(to)}\n`);
  if (receivers.length === 0) {
    process.stdout.write('  nobody would be told\n');
    process.exitCode = EXIT.failed;
  }
}

/** `tokenwatch routes test`: whom an incident would reach. Exit code 1 when it would reach nobody. */
export function routesCommand(): Command {
  const routes = new Command('routes').description('look into the routing of incidents');
  routes
    .command('test')
    .description('print the path and the receivers of an incident with these labels')
    .addOption(new Option('--severity <word>', 'its severity').choices(SEVERITIES).default('high'))
    .option('--client <id>', 'the client that it is about', '')
    .option('--detection <id...>', 'what fired', [])
    .option('--service <name...>', 'where', [])
    .option('--environment <name...>', 'in which environment', [])
    .option('--token <hash>', 'the token that it is about', '')
    .option('--campaign', 'it is a campaign: many tokens, or one network across clients', false)
    .action((options: Options, command: Command) => {
      test(options, command);
    });
  return routes;
}
