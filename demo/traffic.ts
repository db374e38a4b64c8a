import { attack, attackStart } from './attacks.ts';
import type { Attack } from './attacks.ts';
import type { Actor } from './cast.ts';
import { OPERATIONS, pathOf } from './operations.ts';
import type { Environment, ServiceName } from './operations.ts';
import { callsBetween } from './schedule.ts';
import type { PlannedCall } from './schedule.ts';

const TICK_MS = 250;
/** After a sleep of the machine, calls older than this are let go, ms. */
const LATEST_MS = 60_000;
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_UNDER_WAY = 200;

export interface TrafficOptions {
  seed: number;
  actors: readonly Actor[];
  tokens: ReadonlyMap<Actor, string>;
  urlOf: (service: ServiceName, environment: Environment) => string;
  /** Epoch ms from which history has not been told yet. */
  from: number;
  /** Epoch ms. */
  now: () => number;
  /** 2 brings the attacks in half the time; the usual traffic keeps its pace. */
  speed: number;
  onAttack: (attack: Attack) => void;
  /** All usual calls before this moment have been made. */
  onSent: (until: number) => void;
  onFailure: (reason: string) => void;
}

export interface Traffic {
  stop(): Promise<void>;
}

/** The clients at their present pace, with real requests, and the scripted attacks among them. */
export function startTraffic(options: TrafficOptions): Traffic {
  const begun = options.now();
  const underWay = new Set<Promise<void>>();
  let last = options.from;
  let attacks = 0;
  let hostile: PlannedCall[] = [];
  const tick = () => {
    const now = options.now();
    while (begun + attackStart(attacks, options.speed) <= now) {
      const next = attack(options.seed, options.actors, attacks, now);
      options.onAttack(next);
      hostile.push(...next.calls);
      attacks += 1;
    }
    const due = callsBetween(options.seed, options.actors, Math.max(last, now - LATEST_MS), now);
    due.push(...hostile.filter((call) => call.at <= now));
    hostile = hostile.filter((call) => call.at > now);
    for (const call of due.slice(0, MAX_UNDER_WAY - underWay.size)) {
      const sent = send(options, call).finally(() => underWay.delete(sent));
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
async function send(options: TrafficOptions, call: PlannedCall): Promise<void> {
  const operation = OPERATIONS[call.operation];
  const headers: Record<string, string> = {
    ...credential(options.tokens.get(call.actor) ?? '', call.actor),
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
  } catch (error) {
    options.onFailure(error instanceof Error ? error.name : 'unknown');
  }
}

function credential(token: string, actor: Actor): Record<string, string> {
  if (actor.grant.kind === 'opaque') return { 'x-api-key': token };
  return { authorization: `Bearer ${token}` };
}
