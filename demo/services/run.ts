import { z } from 'zod';
import { castOf } from '../cast.ts';
import { onOrders, report } from '../child.ts';
import { Issuer } from '../issuer.ts';
import { bankService } from './bank-service.ts';
import type { BankService } from './bank-service.ts';
import { sdk, tokenwatch } from './telemetry.ts';

/** What a service is started with. */
const environmentSchema = z.object({
  DEMO_ENVIRONMENT: z.enum(['production', 'staging']),
  DEMO_SEED: z.coerce.number().int(),
  DEMO_EPOCH: z.coerce.number().int(),
  DEMO_ISSUER_KEY: z.string().min(16),
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
  const service = await bankService({
    environment: env.DEMO_ENVIRONMENT,
    issuer: new Issuer(env.DEMO_ISSUER_KEY, grants),
    tokenwatch,
    now: Date.now,
    checksEnvironment: options.checksEnvironment,
  });
  operations(service);
  const url = await service.app.listen({ port: 0, host: '127.0.0.1' });
  onOrders({
    stop: async () => {
      await service.app.close();
      await sdk.shutdown();
    },
  });
  report({ kind: 'listening', url });
}
