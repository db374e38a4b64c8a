import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StageContext } from '../../store/stage.ts';

export interface HealthServer {
  name: string;
  port: number;
  stop: () => Promise<void>;
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

async function ready({ db }: StageContext, isStarted: () => boolean): Promise<boolean> {
  return isStarted() && (await db.ping().catch(() => false));
}

/**
 * Says how a process is, for probes and Prometheus: `/health` while it runs, `/ready` while its
 * stage is at work and reaches ClickHouse, `/metrics`. Null where `telemetry.port` is not set.
 *
 * @param about what else a probe is told: which part of the work this process does
 * @throws Error when the port is taken
 */
export async function startHealthServer(
  context: StageContext,
  isStarted: () => boolean = () => true,
  about: Readonly<Record<string, string>> = {},
): Promise<HealthServer | null> {
  const { host, port } = context.config.telemetry;
  if (port === undefined) return null;
  const { registry, log } = context;
  const server: Server = createServer((request, response) => {
    const respond = async (): Promise<void> => {
      if (request.method !== 'GET') answer(response, 405, { error: 'expected GET' });
      else if (request.url === '/health') answer(response, 200, { status: 'ok', ...about });
      else if (request.url === '/ready') {
        const isReady = await ready(context, isStarted);
        const status = isReady ? 'ready' : 'not ready';
        answer(response, isReady ? 200 : 503, { status, ...about });
      } else if (request.url === '/metrics') {
        const text = await registry.metrics();
        response.writeHead(200, { 'Content-Type': registry.contentType }).end(text);
      } else answer(response, 404, { error: 'expected /health, /ready or /metrics' });
    };
    respond().catch((error: unknown) => {
      log.error({ err: error }, 'a probe could not be answered');
      response.destroy();
    });
  });
  await new Promise<void>((fulfil, reject) => {
    server.once('error', reject);
    server.listen(port, host, fulfil);
  });
  return {
    name: 'health',
    port: (server.address() as AddressInfo).port,
    stop: async () =>
      new Promise((fulfil) => {
        server.close(() => fulfil());
        server.closeAllConnections();
      }),
  };
}
