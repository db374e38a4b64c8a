/** What the simulation decides before the first call: who there is and what will happen to them. */
import type { TokenHash } from '../../model/hash.ts';
import type { Place } from './catalogue.ts';

export interface SimulationOptions {
  /** Any number; the same seed gives the same calls and labels. */
  seed: number;
  /** Tokens at work at once; rotations add more hashes. */
  tokens: number;
  days: number;
  /** Multiplies all benign rates. */
  scale: number;
  /** Epoch ms of the first day, UTC midnight. */
  start: number;
  /** Days at the beginning without any attack. */
  quietDays: number;
  attacksPerKind: number;
}

/** How a token spends its day. */
export type Archetype = 'office' | 'batch' | 'cron' | 'service' | 'mobile' | 'sparse' | 'consumer';

/** A stretch of time, [from, until), epoch ms. */
export interface Span {
  from: number;
  until: number;
}

export interface RouteUse extends Span {
  /** Index in the catalogue. */
  route: number;
  weight: number;
}

/** One credential of a token slot; a rotation begins the next. */
export interface Life extends Span {
  hash: TokenHash;
  /** Until then calls of the previous credential may still come in, epoch ms. */
  overlapUntil: number;
  /** Unix seconds, 0 when unknown. */
  issuedAt: number;
  expiresAt: number;
}

/** Where a token's calls come from, with the share of its sessions. */
export interface Home extends Span {
  /** Index in the world's places. */
  place: number;
  weight: number;
  /** A new address every session (carrier NAT), or one that stays. */
  roams: boolean;
}

export interface Trip extends Span {
  country: string;
  /** Part of the mobile sessions leaves through the home carrier all the same. */
  homeRouted: boolean;
}

/** A client that repeats what fails, or a bug that calls too often. */
export interface Storm extends Span {
  /** Mean repeats of each call. */
  repeats: number;
  status: number;
}

export interface ClientPlan {
  id: string;
  country: string;
  /** Day indexes on which this company rests although others work. */
  daysOff: readonly number[];
  /** Standard deviation of the logarithm of what moves all its tokens from day to day. */
  dayNoise: number;
}

export interface TokenPlan {
  slot: number;
  client: ClientPlan;
  archetype: Archetype;
  /** Calls on a usual working day. */
  rate: number;
  /** Calls in a usual busy hour. */
  busyRate: number;
  environment: 'production' | 'staging';
  /** Empty when its tokens do not say. */
  tokenEnvironment: string;
  granted: readonly string[];
  uses: readonly RouteUse[];
  lives: readonly Life[];
  homes: readonly Home[];
  trips: readonly Trip[];
  storms: readonly Storm[];
  /** User agents (index in the world's), each from a time on. */
  agents: readonly { from: number; agent: number }[];
  /** Excess variance of an hour's count: variance mean + dispersion·mean². */
  dispersion: number;
  /** Standard deviation of the logarithm of its day-to-day factor (AR(1), .6). */
  dayNoise: number;
  /** Growth a day, .01 for one per cent. */
  growth: number;
  step: { at: number; factor: number };
  /** Local hour: of a batch's start, or the middle of the day. */
  hour: number;
  /** Minutes between two runs of a cron token. */
  period: number;
  /** It also works on days off, at this share. */
  weekend: number;
  /** Chance that a call names an object never named before. */
  fresh: number;
  /** Chances of 403 and 404. */
  denied: number;
  missing: number;
}

/** All tokens of a service fail for a while, and their clients repeat. */
export interface Outage extends Span {
  service: string;
}

export interface World {
  options: SimulationOptions;
  end: number;
  clients: readonly ClientPlan[];
  tokens: readonly TokenPlan[];
  /** Grow while calls are made: journeys and thieves bring new ones. */
  places: Interned<Place>;
  agents: Interned<string>;
  outages: readonly Outage[];
}

/** A list in which equal values are kept once and known by their index. */
export class Interned<T> {
  readonly values: T[] = [];
  readonly #indexes = new Map<string, number>();

  index(value: T): number {
    const key = JSON.stringify(value);
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    this.#indexes.set(key, this.values.length);
    this.values.push(value);
    return this.values.length - 1;
  }
}
