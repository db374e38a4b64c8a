import { attack, attackStart } from './attacks.ts';
import type { Attack } from './attacks.ts';
import type { Actor } from './cast.ts';
import { OPERATIONS, pathOf } from './operations.ts';
import type { Environment, ServiceName } from './operations.ts';
import { callsBetween } from './schedule.ts';
import type { PlannedCall } from './schedule.ts';
import type { Held, Wallet } from './wallet.ts';

const TICK_MS = 250;
/** After a sleep of the machine, calls older than this are let go, ms. */
const LATEST_MS = 60_000;
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_UNDER_WAY = 200;

export interface TrafficOptions {
  seed: number;
  actors: readonly Actor[];
  wallet: Wallet;
  urlOf: (service: ServiceName, environment: Environment) => string;
  /** Epoch ms from which history has not been told yet. */
  from: number;
  /** Epoch ms. */
  now: () => number;
  /** 2 brings the attacks in half the time; the usual traffic keeps its pace. */
  speed: number;
  onAttack: (attack: Attack) => void;
  /** A client got a new token in place of a refused one. */
  onRenewed: (actor: Actor, held: Held) => void;
  /** All usual calls before this moment have been made. */
  onSent: (until: number) => void;
  onFailure: (reason: string) => void;
}

export interface Traffic {
  stop(): Promise<void>;
}

/** A call about to be made: by its client, or by a thief with the copy of a token. */
interface DueCall {
  call: PlannedCall;
  stolen: Held | null;
}

/** The clients at their present pace, with real requests, and the scripted attacks among them. */
export function startTraffic(options: TrafficOptions): Traffic {
  const begun = options.now();
  const underWay = new Set<Promise<void>>();
  let last = options.from;
  let attacks = 0;
  let hostile: DueCall[] = [];
  const tick = () => {
    const now = options.now();
    while (begun + attackStart(attacks, options.speed) <= now) {
      const next = attack(options.seed, options.actors, attacks, now);
      options.onAttack(next);
      // A thief has the token as it is now; what the client gets in its place later, he has not.
      const stolen = options.wallet.of(next.actor);
      hostile.push(...next.calls.map((call) => ({ call, stolen })));
      attacks += 1;
    }
    const since = Math.max(last, now - LATEST_MS);
    const due: DueCall[] = callsBetween(options.seed, options.actors, since, now).map((call) => ({
      call,
      stolen: null,
    }));
    due.push(...hostile.filter(({ call }) => call.at <= now));
    hostile = hostile.filter(({ call }) => call.at > now);
    for (const one of due.slice(0, MAX_UNDER_WAY - underWay.size)) {
      const sent = send(options, one).finally(() => underWay.delete(sent));
      underWay.add(sent);
    }
    last = now;
    options.onSent(now);
  };
  const timer = setInterval(tick, TICK_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(underWay);
    },
  };
}

/** Makes one call as its client would, through the proxy that the services trust. */
async function send(options: TrafficOptions, { call, stolen }: DueCall): Promise<void> {
  const operation = OPERATIONS[call.operation];
  const held = stolen ?? options.wallet.of(call.actor);
  const headers: Record<string, string> = {
    ...credential(held),
    'x-forwarded-for': call.address,
    'x-forwarded-proto': 'https',
    'user-agent': call.userAgent,
  };
  if (call.nonce !== null) headers['idempotency-key'] = call.nonce;
  const init: RequestInit = { method: operation.method, headers };
  if (call.operation === 'pay') {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify({ account: call.object, amount: call.amount });
  }
  const url = options.urlOf(operation.service, call.environment) + pathOf(operation, call.object);
  try {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    const response = await fetch(url, { ...init, signal });
    await response.arrayBuffer();
    if (response.status !== 401 || stolen !== null) return;
    const renewed = await options.wallet.renew(call.actor, held, options.now());
    if (renewed !== null) options.onRenewed(call.actor, renewed);
  } catch (error) {
    options.onFailure(error instanceof Error ? error.name : 'unknown');
  }
}

function credential({ token, grant }: Held): Record<string, string> {
  if (grant.kind === 'opaque') return { 'x-api-key': token };
  return { authorization: `Bearer ${token}` };
}
