import type { ChangedParameters } from '../../model/what-if.ts';
import type { SurpriseRow } from '../../store/detection/surprises.ts';
import { DIMENSIONS, OF_CLIENTS, WHOLE } from './dimensions.ts';
import type { Declared } from './dimensions.ts';
import { bitsOf, excessOf, noteNoise, usualPeak } from './noise.ts';
import type { Noise } from './noise.ts';
import { KEPT, NO_TAIL, excessFor, reachProbability } from './tail.ts';
import type { Tail } from './tail.ts';

/** How many entities were known in an hour. */
export interface Known {
  tokens: number;
  clients: number;
}

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
  /** Factors on shares of the budget by detection, from verdicts; 1 where absent. */
  shares?: Record<string, number>;
}

/** Before anything was learnt. */
export const UNCALIBRATED: Calibration = { tails: {}, steer: 1 };

/** What the installation's history says of surprises. */
export interface Thresholds {
  /** Bits above which a dimension of an entity alarms; undefined where it raises no alarms. */
  (dimension: string, key: string, hour: number): number | undefined;
  /** ln of the share of entity-hours that are as surprising; 0 where nothing is known. */
  lnP: (dimension: string, key: string, hour: number, bits: number) => number;
}

/** Nothing is rarer than this, as a natural logarithm: scores stay finite. */
const LEAST_LN = -200;

/** A dimension that raises no alarms is taken to be as rare at its bits as one of this weight. */
const SUPPORTING = 0.05;

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
  const level = budget * calibration.steer;
  const excesses = new Map<string, number>();
  const excess = (dimension: string, declared: Declared): number => {
    const known = excesses.get(dimension);
    if (known !== undefined) return known;
    const set = changed[declared.of]?.['bits'];
    const solved =
      set === undefined
        ? solve(
            calibration.tails[dimension] ?? NO_TAIL,
            declared,
            level * (calibration.shares?.[declared.of] ?? 1),
          )
        : excessOf(set, 4);
    excesses.set(dimension, solved);
    return solved;
  };
  const threshold = (dimension: string, key: string, hour: number): number | undefined => {
    const declared = DIMENSIONS[dimension];
    if (declared === undefined || declared.weight === 0) return undefined;
    return bitsOf(excess(dimension, declared), usualPeak(noise, key, dimension, hour));
  };
  const lnP: Thresholds['lnP'] = (dimension, key, hour, bits) => {
    const declared = DIMENSIONS[dimension];
    const x = excessOf(bits, usualPeak(noise, key, dimension, hour));
    if (declared === undefined || x <= 0) return 0;
    // What the declared bits stand for is fixed at the default budget.
    const target = targetOf(declared.weight || SUPPORTING, DEFAULT_BUDGET);
    const tail = calibration.tails[dimension] ?? NO_TAIL;
    const share = reachProbability(tail, x, excessOf(declared.bits, 4), target);
    return Math.max(LEAST_LN, Math.log(share));
  };
  return Object.assign(threshold, { lnP });
}

/** The budget at which the declared bits are meant. */
const DEFAULT_BUDGET = 10;

/** The excess that alarms within a budget. */
function solve(tail: Tail, declared: Declared, budget: number): number {
  const { bits, weight } = declared;
  const believed = Math.max(0.3, 1 + 0.1 * Math.log(DEFAULT_BUDGET / budget));
  return excessFor(tail, excessOf(bits, 4) * believed, targetOf(weight, budget), {
    least: excessOf((declared.least ?? LEAST) * bits, 4),
    most: excessOf((declared.most ?? MOST) * bits, 4),
  });
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
  /**
   * By dimension the strongest excess of each entity. What one entity goes through in a day is one
   * event: a noisy day of few must not look like the noise of all.
   */
  excesses: Map<string, Map<string, number>>;
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
      for (const { dimension, key, bits } of surprises) {
        if (DIMENSIONS[dimension] === undefined) continue;
        const excess = excessOf(bits, usualPeak(noise, key, dimension, hour));
        if (excess > 0) notePeak(day.excesses, dimension, key, excess);
      }
    },
    tails(hour) {
      const today = Math.floor(hour / 24);
      const found = [...days].filter(([day]) => day < today && day >= today - POOL_DAYS);
      const tails: Record<string, Tail> = {};
      for (const dimension of Object.keys(DIMENSIONS)) {
        const all = found.flatMap(([, day]) => [...(day.excesses.get(dimension)?.values() ?? [])]);
        const of = OF_CLIENTS.test(dimension) ? 'clients' : 'tokens';
        const hours = found.reduce((sum, [, day]) => sum + day.hours[of], 0);
        tails[dimension] = { hours, top: all.sort((a, b) => b - a).slice(0, KEPT) };
      }
      return tails;
    },
  };
}

function notePeak(
  excesses: PooledDay['excesses'],
  dimension: string,
  key: string,
  excess: number,
): void {
  const peaks = excesses.get(dimension) ?? new Map<string, number>();
  excesses.set(dimension, peaks);
  if (excess <= (peaks.get(key) ?? 0)) return;
  peaks.set(key, excess);
  if (peaks.size <= 4 * KEPT) return;
  const least = [...peaks].sort((a, b) => b[1] - a[1]).slice(0, KEPT);
  excesses.set(dimension, new Map(least));
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
