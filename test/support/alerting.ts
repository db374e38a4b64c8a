import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { loadConfig } from '../../config/load.ts';
import { createLogger } from '../../config/logger.ts';
import type { Config } from '../../config/schema.ts';
import { Alerting } from '../../alerting/app.ts';
import { createMetrics } from '../../alerting/metrics.ts';
import type { StandIns } from '../../demo/stand-ins/stand-ins.ts';
import type { OpenStore } from '../../store/open.ts';

/** `alerting:` with a receiver for each stand-in; merged under what a test wants otherwise. */
export function standInReceivers(standIns: StandIns): Record<string, unknown> {
  return {
    soc: {
      type: 'slack',
      channel: standIns.slack.channel,
      token: standIns.slack.token,
      api_url: standIns.slack.apiUrl,
    },
    mail: {
      type: 'email',
      host: standIns.mail.host,
      port: standIns.mail.port,
      tls: 'none',
      from: 'tokenwatch <alerts@tokenwatch.example>',
      to: ['oncall@bank.example'],
    },
    issuer: {
      type: 'revocation',
      url: standIns.issuer.url,
      allow_private_network: true,
      secrets: [standIns.issuer.secret],
    },
  };
}

/** A configuration whose `alerting:` section is given as YAML would give it. */
export function configWith(dataDir: string, alerting: Record<string, unknown>): Config {
  return loadConfig({
    cwd: dataDir,
    env: { TOKENWATCH_DATA_DIR: dataDir, TOKENWATCH_LOG_LEVEL: 'silent' },
    defaults: { alerting, console: { url: 'https://tokenwatch.example' } },
  }).config;
}

/** The stage on a store, without its timer. */
export function alertingOn(
  store: OpenStore,
  config: Config,
  now: () => number = Date.now,
): Alerting {
  return new Alerting({
    config,
    db: store.db,
    log: createLogger('alerting', 'silent'),
    metrics: createMetrics(new Registry()),
    now,
    random: () => 0.5,
  });
}

/** Runs rounds until something holds; rejects after `patience` ms. */
export async function roundsUntil(
  alerting: Alerting,
  holds: () => boolean | Promise<boolean>,
  patience = 10_000,
): Promise<void> {
  const deadline = Date.now() + patience;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('waited in vain');
    await alerting.round();
    await delay(20);
  }
}
