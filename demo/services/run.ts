import { z } from 'zod';
import { hashToken } from '../../model/hash.ts';
import { castOf } from '../cast.ts';
import { onOrders, report } from '../child.ts';
import { Issuer } from '../issuer.ts';
import type { ServiceReport } from '../messages.ts';
import { bankService } from './bank-service.ts';
import type { BankService } from './bank-service.ts';
import { followRevocations, RevocationList } from './revocation-list.ts';
import { sdk, tokenwatch } from './telemetry.ts';

/** What a service is started with. */
const environmentSchema = z.object({
  DEMO_ENVIRONMENT: z.enum(['production', 'staging']),
  DEMO_SEED: z.coerce.number().int(),
  DEMO_EPOCH: z.coerce.number().int(),
  DEMO_ISSUER_KEY: z.string().min(16),
  /** Where to ask for revoked tokens; nowhere when left out. */
  DEMO_ISSUER_URL: z.url().optional(),
  /** Hashes of tokens that were revoked in earlier runs. */
  DEMO_REVOKED: z.string().transform((list) => list.split(',').filter((hash) => hash !== '')),
  TOKENWATCH_PEPPER: z.string(),
});

/**
 * Runs a service in a process of its own until the parent says stop or is gone: reports where it
 * listens (a free port of the loopback address), and sends the last spans before it ends.
 */
export async function runService(
  options: { checksEnvironment: boolean },
  operations: (service: BankService) => void,
): Promise<void> {
  const env = environmentSchema.parse(process.env);
  const grants = castOf(env.DEMO_SEED, env.DEMO_EPOCH).map((actor) => actor.grant);
  const revoked = new RevocationList(env.DEMO_REVOKED);
  const service = await bankService({
    environment: env.DEMO_ENVIRONMENT,
    issuer: new Issuer(env.DEMO_ISSUER_KEY, grants),
    tokenwatch,
    now: Date.now,
    isRevoked: (token) => revoked.has(hashToken(env.TOKENWATCH_PEPPER, token)),
    checksEnvironment: options.checksEnvironment,
  });
  operations(service);
  const url = await service.app.listen({ port: 0, host: '127.0.0.1' });
  const following = new AbortController();
  onOrders({
    stop: async () => {
      following.abort();
      await service.app.close();
      await sdk.shutdown();
    },
  });
  report({ kind: 'listening', url });
  if (env.DEMO_ISSUER_URL !== undefined) {
    await follow(env.DEMO_ISSUER_URL, revoked, following.signal);
  }
}

/** Keeps the list as the issuer has it, and has the parent remember it for the next run. */
async function follow(issuerUrl: string, list: RevocationList, signal: AbortSignal): Promise<void> {
  await followRevocations({
    issuerUrl,
    onAnswer: (hashes) => {
      const tokens = list.add(hashes);
      if (tokens.length > 0) report({ kind: 'revoked', tokens } satisfies ServiceReport);
    },
    signal,
  });
}
