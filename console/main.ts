import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { RunningStage, StageContext } from '../store/stage.ts';
import { createConsoleApp } from './app.ts';
import { isLoopback } from './auth/same-site.ts';
import { bundle } from './bundle.ts';

const packageSchema = z.object({ version: z.string() });

function ownVersion(): string {
  const file = new URL('../package.json', import.meta.url);
  return packageSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).version;
}

/** What must not be opened to a network. */
function refuseOpenDoors({ config }: StageContext): void {
  const { anonymous, host } = config.console;
  if (anonymous === 'viewer' && !isLoopback(host)) {
    throw new Error(
      `console.anonymous: viewer shows everything to everyone who reaches ${host}; ` +
        'it is for the loopback address only. Set console.host to 127.0.0.1 or remove it.',
    );
  }
}

function portOf(address: AddressInfo | string | undefined): number | undefined {
  return typeof address === 'object' ? address.port : undefined;
}

/**
 * Starts the console: bundles its page where that is out of date and listens.
 *
 * @returns `urls.http`, where it listens, and `urls.login`, a link that signs an admin in once
 * @throws Error when the address is taken or everyone would be let in from a network
 */
export async function startConsole(context: StageContext): Promise<RunningStage> {
  refuseOpenDoors(context);
  const { host, port, url } = context.config.console;
  const { app, loginPath } = await createConsoleApp({
    context,
    newId: () => randomBytes(24).toString('base64url'),
    assets: await bundle(),
    version: ownVersion(),
  });
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw error;
  }
  const bound = portOf(app.addresses()[0]) ?? port;
  const named = host.includes(':') ? `[${host}]` : host;
  const http = url?.replace(/\/$/, '') ?? `http://${named}:${String(bound)}`;
  return {
    name: 'console',
    urls: { http, login: `${http}${loginPath}` },
    stop: async () => app.close(),
  };
}
