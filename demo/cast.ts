import { CLIENTS } from './clients.ts';
import type { ClientPlan, TokenPlan } from './clients.ts';
import { grantId } from './issuer.ts';
import type { Grant } from './issuer.ts';
import { addressIn } from './networks.ts';
import { OPERATIONS } from './operations.ts';
import type { OperationName } from './operations.ts';
import { below, digest, pick, randomOf } from './random.ts';

const DAY = 86_400;

/** A token with everything that is steady about its use. */
export interface Actor {
  plan: TokenPlan;
  client: ClientPlan;
  clientIndex: number;
  grant: Grant;
  /** Addresses it is used from; the first ones more often. All of the client's own networks. */
  addresses: readonly string[];
  /** Operations, each as often as its share says. */
  mix: readonly OperationName[];
  /** Numbers of the objects it deals with. */
  objects: number;
}

/**
 * All tokens of the example bank.
 *
 * @param epoch epoch ms of the demo's first start: tokens were issued before and end well after
 */
export function castOf(seed: number, epoch: number): Actor[] {
  return CLIENTS.flatMap((client, clientIndex) =>
    client.tokens.map((plan, index) => actor(seed, epoch, client, clientIndex, plan, index)),
  );
}

function actor(
  seed: number,
  epoch: number,
  client: ClientPlan,
  clientIndex: number,
  plan: TokenPlan,
  index: number,
): Actor {
  const random = randomOf(seed, 'actor', client.id, index);
  const issuedAt = Math.floor(epoch / 1000) - (20 + below(random, 60)) * DAY;
  const addressCount = plan.profile === 'evening' ? 4 : plan.profile === 'office' ? 3 : 2;
  return {
    plan,
    client,
    clientIndex,
    grant: {
      id: grantId(seed, client.id, index),
      clientId: client.id,
      subject: `svc-${digest(8, seed, 'subject', client.id, index)}`,
      environment: plan.environment,
      scopes: scopesOf(plan),
      issuedAt,
      expiresAt: issuedAt + (150 + below(random, 60)) * DAY,
      kind: plan.kind,
    },
    addresses: Array.from({ length: addressCount }, () =>
      addressIn(random, pick(random, client.networks)),
    ),
    mix: mixOf(plan),
    objects: 20 + below(random, 200),
  };
}

function mixOf(plan: TokenPlan): OperationName[] {
  return Object.entries(plan.role.mix).flatMap(([name, share]) =>
    Array.from({ length: share }, () => name as OperationName),
  );
}

function scopesOf(plan: TokenPlan): string[] {
  const used = mixOf(plan).map((name) => OPERATIONS[name].scope);
  return [...new Set([...used, ...plan.role.spare])];
}
