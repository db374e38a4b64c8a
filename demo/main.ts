import { dataDirSecret } from '../config/pepper.ts';
import { startDriver } from './driver-process.ts';
import type { DriverOrder, ServicesReady } from './messages.ts';
import { senderHeaders } from './options.ts';
import type { DemoOptions } from './options.ts';
import { startServices } from './service-processes.ts';
import type { Service } from './service-processes.ts';
import { loadState, Memory } from './state.ts';

export type { DemoOptions } from './options.ts';

export interface Demo {
  name: string;
  /** Addresses of the services, `accounts production` and so on. */
  urls: Record<string, string>;
  /** Settles when history has been told and live traffic has begun. */
  live: Promise<void>;
  /** Ends all processes of the demo in order. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts the example bank: three services in two environments and their clients, each a process.
 * Returns when the services listen; history and live traffic follow by themselves.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const now = options.now ?? Date.now;
  const memory = new Memory(options.dataDir, loadState(options.dataDir, options.seed, now()));
  const issuerKey = dataDirSecret(options.dataDir, 'demo-issuer-key').reveal();
  const driver = startDriver(options, memory);
  driver.child.send(orderOf(options, memory, issuerKey));
  // Both at once: telling the past takes longest, and needs no service.
  const services = await startServices(options, memory, issuerKey).catch(async (error: unknown) => {
    await driver.stop();
    throw error;
  });
  driver.child.send(readyOf(services));
  const stopAll = async () => {
    await driver.stop();
    await Promise.all(services.map(({ child }) => child.stop()));
  };
  let stopped: Promise<void> | null = null;
  return {
    name: 'demo',
    urls: Object.fromEntries(services.map((s) => [`${s.service} ${s.environment}`, s.url])),
    live: driver.live,
    stop: () => (stopped ??= stopAll()),
  };
}

function orderOf(options: DemoOptions, memory: Memory, issuerKey: string): DriverOrder {
  const { seed, epoch, reportedUntil, renewals } = memory.state;
  return {
    kind: 'start',
    ...{ seed, epoch, reportedUntil, renewals },
    speed: options.speed,
    collectorUrl: options.collectorUrl,
    headers: senderHeaders(options),
    pepper: options.pepper,
    issuerKey,
  };
}

function readyOf(services: readonly Service[]): ServicesReady {
  const where = services.map(({ service, environment, url }) => ({ service, environment, url }));
  return { kind: 'services', services: where };
}
