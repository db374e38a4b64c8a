import type { FastifyInstance } from 'fastify';

const LOOK = 50;

/**
 * Takes no new requests and lets those under way finish. Connections that are kept alive are closed
 * as they fall idle: Node closes only those that are idle at once, and waits for the rest.
 *
 * @param patience ms, after which the connections that are left are cut
 */
export async function closeApp(app: FastifyInstance, patience: number): Promise<void> {
  const idle = setInterval(() => app.server.closeIdleConnections(), LOOK);
  const late = setTimeout(() => app.server.closeAllConnections(), patience);
  try {
    await app.close();
  } finally {
    clearInterval(idle);
    clearTimeout(late);
  }
}
