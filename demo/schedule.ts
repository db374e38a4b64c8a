import type { Actor } from './cast.ts';
import { FIRST_MISSING, objectId, OPERATIONS } from './operations.ts';
import type { Environment, OperationName } from './operations.ts';
import { below, normal, pick, poisson, randomOf } from './random.ts';
import type { Random } from './random.ts';
import { meanCalls } from './rhythm.ts';

const MINUTE = 60_000;
const BURST_MINUTES = 20;

/** One call that is to be made, or was. */
export interface PlannedCall {
  /** Epoch ms. */
  at: number;
  actor: Actor;
  operation: OperationName;
  environment: Environment;
  /** The object in the path, or the account that pays. */
  object: string;
  address: string;
  userAgent: string;
  /** For payments. */
  amount: number | null;
  /** An idempotency key for what writes. */
  nonce: string | null;
}

/**
 * The calls of a token in the minute that begins at `minute` (epoch ms, a whole minute), in order.
 * The same seed gives the same calls: backfill and live traffic are one history, however often the
 * demo is stopped in between.
 */
export function callsInMinute(seed: number, actor: Actor, minute: number): PlannedCall[] {
  const { plan, client, grant } = actor;
  const mean = meanCalls(plan.profile, plan.perDay, minute, client.utcOffset);
  if (mean === 0) return [];
  const random = randomOf(seed, 'minute', grant.id, minute);
  const count = plan.profile === 'cron' ? mean : poisson(random, mean * burst(seed, actor, minute));
  const calls = Array.from({ length: count }, () => oneCall(random, actor, minute));
  return calls.sort((a, b) => a.at - b.at);
}

/** People work in spells: activity of the same hour differs from day to day, mean 1. */
function burst(seed: number, { plan, grant }: Actor, minute: number): number {
  const spread = { always: 0.15, office: 0.45, evening: 0.5, nightly: 0.1, cron: 0 }[plan.profile];
  const block = Math.floor(minute / (BURST_MINUTES * MINUTE));
  const random = randomOf(seed, 'burst', grant.id, block);
  return Math.exp(spread * normal(random) - (spread * spread) / 2);
}

function oneCall(random: Random, actor: Actor, minute: number): PlannedCall {
  const operation = pick(random, actor.mix);
  const missing = random() < 0.004;
  const number = missing
    ? FIRST_MISSING + below(random, 1_000)
    : Math.floor(actor.objects * random() ** 2);
  const writes = OPERATIONS[operation].method === 'POST';
  return {
    // Seconds of a burst follow each other; other calls fall anywhere in the minute.
    at: minute + below(random, actor.plan.profile === 'cron' ? 5_000 : MINUTE),
    actor,
    operation,
    environment: actor.plan.environment,
    object: objectId(actor.clientIndex, number),
    address: pick(random, actor.addresses, 2),
    userAgent: actor.client.userAgent,
    amount: operation === 'pay' ? amountOf(random) : null,
    nonce: writes ? `n-${actor.grant.id}-${minute}-${below(random, 1e9)}` : null,
  };
}

/** Log-normal around 80, in cents. */
function amountOf(random: Random): number {
  return Math.round(8_000 * Math.exp(normal(random))) / 100;
}

/** All calls of all tokens in [from, until), in order; epoch ms. */
export function callsBetween(
  seed: number,
  actors: readonly Actor[],
  from: number,
  until: number,
): PlannedCall[] {
  const calls: PlannedCall[] = [];
  for (let minute = from - (from % MINUTE); minute < until; minute += MINUTE) {
    for (const actor of actors) {
      for (const call of callsInMinute(seed, actor, minute)) {
        if (call.at >= from && call.at < until) calls.push(call);
      }
    }
  }
  return calls.sort((a, b) => a.at - b.at);
}
