import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import { createLogger } from '../../config/logger.ts';
import { createConsoleApp } from '../../console/app.ts';
import type { Config } from '../../config/schema.ts';
import type { Assets } from '../../console/bundle.ts';
import { openTestStore } from './test-store.ts';
import type { TestStore } from './test-store.ts';

export const ADMIN_KEY = 'an admin key for tests only';

/** A console on a real store, not listening. */
export interface TestConsole {
  app: FastifyInstance;
  store: TestStore;
  loginPath: string;
  /** Headers of the admin key. */
  admin: { authorization: string };
  /** The clock that the console is given; a test may turn it. */
  clock: { at: number };
  close(): Promise<void>;
}

export async function openTestConsole(
  env: Record<string, string> = {},
  assets: Assets | null = null,
  tweak: (config: Config) => Config = (config) => config,
): Promise<TestConsole> {
  const store = await openTestStore({ TOKENWATCH_ADMIN_KEY: ADMIN_KEY, ...env });
  const clock = { at: Date.now() };
  const { app, loginPath } = await createConsoleApp({
    context: {
      config: tweak(store.config),
      db: store.db,
      log: createLogger('console', 'silent'),
      registry: new Registry(),
      now: () => clock.at,
    },
    newId: () => randomBytes(24).toString('base64url'),
    assets,
    version: '0.0.0-test',
  });
  return {
    app,
    store,
    loginPath,
    admin: { authorization: `Bearer ${ADMIN_KEY}` },
    clock,
    async close() {
      await app.close();
      await store.close();
    },
  };
}
