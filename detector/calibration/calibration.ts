import type { ChangedParameters } from '../../model/what-if.ts';
import type { SurpriseRow } from '../../store/detection/surprises.ts';
import { bitsOf, excessOf, noteNoise, usualPeak } from './noise.ts';
import type { Noise } from './noise.ts';
import { KEPT, NO_TAIL, excessFor } from './tail.ts';
import type { Tail } from './tail.ts';

/**
 * Dimensions that raise alarms: the share of the budget that each may spend (DETECTION.md, stage 2,
 * renormalised), the bits at which it alarms before anything was pooled, and how far a learnt
 * threshold may rise above those, as a factor: attacks that nobody noticed are in the pool too, and
 * would else hide the next new country or scope.
 */
export const ALARMING: Readonly<Record<string, Alarming>> = {
  volume_minutes: { of: 'volume.surge', weight: 0.09, bits: 30 },
  volume_hour: { of: 'volume.surge', weight: 0.15, bits: 30 },
  volume_day: { of: 'volume.surge', weight: 0.05, bits: 30 },
  geography: { of: 'geography.new-country', weight: 0.2, bits: 15, most: 1.1 },
  network: { of: 'geography.new-network', weight: 0.1, bits: 22, most: 1.1 },
  travel: { of: 'geography.impossible-travel', weight: 0.05, bits: 12, most: 1.1 },
  scope: { of: 'scope.first-use', weight: 0.1, bits: 11, most: 1.5 },
  route: { of: 'scope.new-route', weight: 0.02, bits: 19 },
  environment: { of: 'environment.new', weight: 0.08, bits: 13 },
  client_minutes: { of: 'volume.client-surge', weight: 0.02, bits: 40 },
  client_hour: { of: 'volume.client-surge', weight: 0.02, bits: 40 },
  client_day: { of: 'volume.client-surge', weight: 0.02, bits: 40 },
};

interface Alarming {
  /** The detection whose parameter `bits` this is. */
  of: string;
  weight: number;
  bits: number;
  most?: number;
}

/** Dimensions whose entities are clients: they are pooled apart, over hours of clients. */
const OF_CLIENTS = /^client_/;

/** How many entities were known in an hour. */
export interface Known {
  tokens: number;
  clients: number;
}

const WHOLE = Object.values(ALARMING).reduce((sum, one) => sum + one.weight, 0);

/** Allowance for looking at several dimensions at once. */
const SEVERAL = 1.25;
/** How far a learnt threshold may leave the declared one, as factors of its bits. */
const LEAST = 0.7;
const MOST = 3;
/** A day's incidents are steered towards the budget by at most this factor. */
const STEER = { least: 0.25, most: 4 } as const;

/** What was learnt of a whole installation: plain data, kept as JSON. */
export interface Calibration {
  /** Tails by dimension. */
  tails: Record<string, Tail>;
  /** Factor on the alarm level, from what the budget was and what it came to. */
  steer: number;
}

/** Before anything was learnt. */
export const UNCALIBRATED: Calibration = { tails: {}, steer: 1 };

/** Bits above which a dimension of an entity alarms; undefined where nothing is known of it. */
export type Thresholds = (dimension: string, key: string, hour: number) => number | undefined;

/**
 * Thresholds of entities. The alarm level is the budget: with B false incidents a day for each
 * 10,000 entities, one entity-hour may alarm with probability B/240,000.
 *
 * @param budget B
 * @param changed parameters that people set: `bits` among them are taken as they are and not learnt;
 *   only what an entity is known for is still added
 */
export function thresholdsFrom(
  calibration: Calibration,
  noise: Noise,
  budget: number,
  changed: ChangedParameters = {},
): Thresholds {
  const excesses = new Map<string, number>();
  return (dimension, key, hour) => {
    const declared = ALARMING[dimension];
    if (declared === undefined) return undefined;
    let excess = excesses.get(dimension);
    const set = changed[declared.of]?.['bits'];
    if (excess === undefined && set !== undefined) {
      excess = excessOf(set, 4);
      excesses.set(dimension, excess);
    }
    if (excess === undefined) {
      const target = targetOf(declared.weight, budget * calibration.steer);
      // What the declared bits stand for is fixed at the default budget.
      excess = excessFor(
        calibration.tails[dimension] ?? NO_TAIL,
        excessOf(declared.bits, 4) *
          Math.max(0.3, 1 + 0.1 * Math.log(10 / (budget * calibration.steer))),
        target,
        {
          least: excessOf(LEAST * declared.bits, 4),
          most: excessOf((declared.most ?? MOST) * declared.bits, 4),
        },
      );
      excesses.set(dimension, excess);
    }
    return bitsOf(excess, usualPeak(noise, key, dimension, hour));
  };
}

function targetOf(weight: number, budget: number): number {
  return ((weight / WHOLE) * budget) / 240_000 / SEVERAL;
}

/** Gathers the past of an installation. */
export interface Pool {
  /** Takes the surprises of an hour, and how many entities were known in it. */
  add: (hour: number, surprises: readonly SurpriseRow[], known: Known) => void;
  /** The tails of the last 14 days before an hour. */
  tails: (hour: number) => Record<string, Tail>;
}

interface PooledDay {
  hours: Known;
  excesses: Map<string, number[]>;
}

const POOL_DAYS = 14;

/**
 * A pool over days; of each day and dimension the thousand largest excesses are kept.
 *
 * @param noise read to relate surprises to what entities are known for; see {@link noteNoise}
 */
export function createPool(noise: Noise): Pool {
  const days = new Map<number, PooledDay>();
  return {
    add(hour, surprises, known) {
      const number = Math.floor(hour / 24);
      let day = days.get(number);
      if (day === undefined) {
        day = { hours: { tokens: 0, clients: 0 }, excesses: new Map() };
        days.set(number, day);
        days.delete(number - POOL_DAYS - 1);
      }
      day.hours.tokens += known.tokens;
      day.hours.clients += known.clients;
      for (const [dimension, excess] of peaksOf(noise, hour, surprises)) {
        const list = day.excesses.get(dimension) ?? [];
        day.excesses.set(dimension, list);
        list.push(...excess);
        if (list.length > 4 * KEPT) list.sort((a, b) => b - a).splice(KEPT);
      }
    },
    tails(hour) {
      const today = Math.floor(hour / 24);
      const found = [...days].filter(([day]) => day < today && day >= today - POOL_DAYS);
      const tails: Record<string, Tail> = {};
      for (const dimension of Object.keys(ALARMING)) {
        const all = found.flatMap(([, day]) => day.excesses.get(dimension) ?? []);
        const of = OF_CLIENTS.test(dimension) ? 'clients' : 'tokens';
        const hours = found.reduce((sum, [, day]) => sum + day.hours[of], 0);
        tails[dimension] = { hours, top: all.sort((a, b) => b - a).slice(0, KEPT) };
      }
      return tails;
    },
  };
}

/** The strongest excess of each entity in an hour, by dimension. */
function peaksOf(
  noise: Noise,
  hour: number,
  surprises: readonly SurpriseRow[],
): Map<string, number[]> {
  const peaks = new Map<string, Map<string, number>>();
  for (const { dimension, key, bits } of surprises) {
    if (ALARMING[dimension] === undefined) continue;
    const excess = excessOf(bits, usualPeak(noise, key, dimension, hour));
    if (excess <= 0) continue;
    const byKey = peaks.get(dimension) ?? new Map<string, number>();
    peaks.set(dimension, byKey);
    byKey.set(key, Math.max(byKey.get(key) ?? 0, excess));
  }
  return new Map([...peaks].map(([dimension, byKey]) => [dimension, [...byKey.values()]]));
}

/**
 * The factor on the alarm level after some days: times target over what came, within bounds.
 *
 * @param before the factor so far
 * @param incidents incidents a day for each 10,000 entities that came
 */
export function steered(before: number, budget: number, incidents: number): number {
  const factor = budget / Math.max(incidents, budget / 4);
  return Math.min(STEER.most, Math.max(STEER.least, before * factor));
}

/** Notes an hour that is over: what entities are known for, and the pool. */
export function closeHour(
  pool: Pool,
  noise: Noise,
  hour: number,
  surprises: readonly SurpriseRow[],
  known: Known,
): void {
  pool.add(hour, surprises, known);
  noteNoise(noise, surprises);
}
