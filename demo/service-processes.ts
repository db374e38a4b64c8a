import { startChild } from './child.ts';
import type { Child } from './child.ts';
import type { ServiceReport } from './messages.ts';
import { ENVIRONMENTS, SERVICES } from './operations.ts';
import type { Environment, ServiceName } from './operations.ts';
import { senderHeaders } from './options.ts';
import type { DemoOptions } from './options.ts';
import type { Memory } from './state.ts';

/** A service of the bank, in a process of its own. */
export interface Service {
  service: ServiceName;
  environment: Environment;
  url: string;
  child: Child<ServiceReport>;
}

/** Starts all services in all environments; when one of them fails, none is left behind. */
export async function startServices(
  options: DemoOptions,
  memory: Memory,
  issuerKey: string,
): Promise<Service[]> {
  const starting = SERVICES.flatMap((service) =>
    ENVIRONMENTS.map((environment) =>
      startService(options, memory, issuerKey, service, environment),
    ),
  );
  const results = await Promise.allSettled(starting);
  const started = results.flatMap((r) => (r.status === 'fulfilled' ? [r.value] : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed === undefined) return started;
  await Promise.all(started.map(({ child }) => child.stop()));
  throw failed.reason;
}

async function startService(
  options: DemoOptions,
  memory: Memory,
  issuerKey: string,
  service: ServiceName,
  environment: Environment,
): Promise<Service> {
  const child = startChild<ServiceReport>({
    name: `${service} ${environment}`,
    file: new URL(`./services/${service}.ts`, import.meta.url),
    execArgv: ['--import', new URL('./services/telemetry.ts', import.meta.url).href],
    env: {
      PATH: process.env['PATH'],
      ...telemetryEnvironment(options, service, environment),
      DEMO_ENVIRONMENT: environment,
      DEMO_SEED: String(memory.state.seed),
      DEMO_EPOCH: String(memory.state.epoch),
      DEMO_REVOKED: memory.state.revoked.join(','),
      ...(options.issuerUrl === undefined ? {} : { DEMO_ISSUER_URL: options.issuerUrl }),
      DEMO_ISSUER_KEY: issuerKey,
    },
    onMessage: (message) => {
      if (message.kind === 'revoked') memory.revoked(message.tokens);
    },
    onCrash: (name, code) => options.log.error({ service: name, code }, 'a demo service ended'),
  });
  const listening = await child.first();
  if (listening.kind !== 'listening')
    throw new Error(`${child.name} does not say where it listens`);
  return { service, environment, url: listening.url, child };
}

/** OpenTelemetry's own variables, as a customer sets them; and the pepper. */
function telemetryEnvironment(
  options: DemoOptions,
  service: ServiceName,
  environment: Environment,
): Record<string, string> {
  const headers = Object.entries(senderHeaders(options));
  return {
    TOKENWATCH_PEPPER: options.pepper,
    OTEL_SERVICE_NAME: service,
    OTEL_RESOURCE_ATTRIBUTES: `deployment.environment.name=${environment},service.namespace=example-bank`,
    OTEL_EXPORTER_OTLP_ENDPOINT: options.collectorUrl,
    OTEL_EXPORTER_OTLP_HEADERS: headers
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join(','),
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  };
}
