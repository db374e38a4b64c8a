import type { Actor } from './cast.ts';
import { addressIn } from './networks.ts';
import type { NetworkName } from './networks.ts';
import { objectId, OPERATIONS } from './operations.ts';
import type { OperationName } from './operations.ts';
import { below, pick, randomOf } from './random.ts';
import type { Random } from './random.ts';
import type { PlannedCall } from './schedule.ts';

/** An attack that is about to run, or was. */
export interface Attack {
  name: string;
  /** In words, for the log. */
  title: string;
  actor: Actor;
  calls: PlannedCall[];
}

interface Stage {
  random: Random;
  actors: readonly Actor[];
  /** How many times this kind has run before; the victim changes with it. */
  round: number;
  /** Epoch ms of the first call. */
  at: number;
}

type Kind = (stage: Stage) => Attack;

/** In the order in which they run, again and again on other tokens. */
const KINDS: readonly Kind[] = [stolenToken, exfiltration, firstUseOfScope, stagingInProduction];

const THIEVES: readonly NetworkName[] = ['vn-vnpt', 'br-claro', 'ng-mtn', 'id-telkom'];
const SECOND = 1_000;
/** The first attacks begin this long after live traffic, and after each other, ms. */
const FIRST_AFTER = 10 * SECOND;
const FIRST_APART = 14 * SECOND;
/** After the first four, one at a time, ms. */
const LATER_APART = 240 * SECOND;

/**
 * When the n-th attack begins, ms after live traffic.
 *
 * @param speed 2 lets everything happen in half the time
 */
export function attackStart(n: number, speed: number): number {
  const first = FIRST_AFTER + Math.min(n, KINDS.length - 1) * FIRST_APART;
  return (first + Math.max(0, n - KINDS.length + 1) * LATER_APART) / speed;
}

/** The n-th attack; the same seed and cast give the same. `at` is its first moment, epoch ms. */
export function attack(seed: number, actors: readonly Actor[], n: number, at: number): Attack {
  const kind = KINDS[n % KINDS.length] ?? stolenToken;
  const round = Math.floor(n / KINDS.length);
  return kind({ random: randomOf(seed, 'attack', n), actors, round, at });
}

/** A person's token, in the hands of somebody in another country with another program. */
function stolenToken({ random, actors, round, at }: Stage): Attack {
  const actor = victim(actors, round, ({ plan }) => /office|evening/.test(plan.profile));
  const network = THIEVES[round % THIEVES.length] ?? 'vn-vnpt';
  const address = addressIn(random, network);
  const calls = spread(at, 24, 40 * SECOND, (moment) => ({
    ...usualCall(random, actor, moment),
    address,
    userAgent: 'python-requests/2.32.3',
  }));
  const from = network.slice(0, 2).toUpperCase();
  return { name: 'stolen-token', title: `a stolen token is used from ${from}`, actor, calls };
}

/** A hundred times the usual number of calls, object after object, from where the client always is. */
function exfiltration({ random, actors, round, at }: Stage): Attack {
  const actor = victim(actors, round, ({ plan }) => plan.perDay >= 1_000);
  const operation = readOperation(actor);
  const count = Math.round((100 * actor.plan.perDay) / 1_440);
  const calls = spread(at, count, 60 * SECOND, (moment, index) => ({
    ...usualCall(random, actor, moment),
    operation,
    amount: null,
    nonce: null,
    object: objectId(actor.clientIndex, index),
  }));
  return { name: 'exfiltration', title: 'a hundred times the usual calls', actor, calls };
}

/** A scope that was granted and never used, from the usual place. */
function firstUseOfScope({ random, actors, round, at }: Stage): Attack {
  const actor = victim(actors, round, ({ plan }) => plan.profile === 'cron');
  const spare = new Set(actor.plan.role.spare);
  const operation = operationNames().find((name) => spare.has(OPERATIONS[name].scope)) ?? 'owner';
  const calls = spread(at, 8, 24 * SECOND, (moment, index) => ({
    ...usualCall(random, actor, moment),
    operation,
    amount: null,
    nonce: `first-${actor.grant.id}-${at}-${index}`,
  }));
  const title = `first use of ${OPERATIONS[operation].scope}`;
  return { name: 'first-scope', title, actor, calls };
}

/** A token minted for staging, at the production service that forgets to look. */
function stagingInProduction({ random, actors, round, at }: Stage): Attack {
  const actor = victim(
    actors,
    round,
    ({ plan }) => plan.environment === 'staging' && plan.role.mix.report !== undefined,
    true,
  );
  // It goes on for a while: a revocation is seen to stop it.
  const calls = spread(at, 30, 60 * SECOND, (moment) => ({
    ...usualCall(random, actor, moment),
    operation: 'report',
    environment: 'production',
    amount: null,
    nonce: null,
  }));
  return { name: 'staging-token', title: 'a staging token in production', actor, calls };
}

function victim(
  actors: readonly Actor[],
  round: number,
  fits: (actor: Actor) => boolean,
  staging = false,
): Actor {
  const wanted = staging ? 'staging' : 'production';
  const fitting = actors.filter((actor) => actor.plan.environment === wanted && fits(actor));
  const found = fitting[round % fitting.length];
  if (found === undefined) throw new RangeError('nobody to attack: the cast has changed');
  return found;
}

function spread(
  at: number,
  count: number,
  lasting: number,
  call: (moment: number, index: number) => PlannedCall,
): PlannedCall[] {
  return Array.from({ length: count }, (_, index) => call(at + (lasting * index) / count, index));
}

/** What the token always does. */
function usualCall(random: Random, actor: Actor, at: number): PlannedCall {
  const operation = pick(random, actor.mix);
  return {
    at,
    actor,
    operation,
    environment: actor.plan.environment,
    object: objectId(actor.clientIndex, below(random, actor.objects)),
    address: actor.addresses[0] ?? '127.0.0.1',
    userAgent: actor.client.userAgent,
    amount: operation === 'pay' ? 40 : null,
    nonce: OPERATIONS[operation].method === 'POST' ? `a-${actor.grant.id}-${at}` : null,
  };
}

function readOperation(actor: Actor): OperationName {
  const reads = actor.mix.filter((name) => OPERATIONS[name].service === 'accounts');
  return reads.at(-1) ?? 'balance';
}

function operationNames(): OperationName[] {
  return Object.keys(OPERATIONS) as OperationName[];
}
