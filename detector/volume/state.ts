import { lnPmf } from '../statistics/negative-binomial.ts';
import { weekSlot } from './calendar.ts';

/** The four windows in minutes, and how many of them an hour has. */
export const WINDOW_MINUTES = [1, 5, 60, 1440] as const;
const PER_HOUR = [60, 12, 1, 1 / 24] as const;

/** Half-life of all sums, hours. */
const HALF_LIFE = 14 * 24;
/** What is believed of dispersion before anything was seen, and for how many hours it counts. */
const PHI_0 = [3, 2, 1, 0.15] as const;
const PSI_0 = [3, 8, 20, 30] as const;
const PRIOR_HOURS = [24, 24, 24, 72] as const;
/** Pull of the parent's level, in hours; forgetting of the experts' record. */
const LEVEL_PRIOR = 6;
const FORGET = 0.997;
const WORST = -25;

const DAY = 24;
const AT = {
  base: 0,
  through: 1,
  sumT: 2,
  sumS: 3,
  record: 4,
  run: 7,
  drip: 8,
  lastActive: 9,
  dispersion: 10,
  recentT: 22,
  recentMean: 22 + DAY,
  x168: 22 + 2 * DAY,
  w168: 22 + 2 * DAY + 168,
  origin: 22 + 2 * DAY + 2 * 168,
  heir: 22 + 2 * DAY + 2 * 168 + 1,
  raw: 22 + 2 * DAY + 2 * 168 + 2,
} as const;

/** Length of a state. */
export const STATE_SIZE = AT.raw + DAY;

/** Everything that is a decayed sum, as pairs of [from, to). */
const DECAYED = [
  [AT.sumT, AT.sumS + 1],
  [AT.dispersion, AT.recentT],
  [AT.x168, AT.origin],
] as const;

/** Decayed sums are scaled down after so many half-lives. */
const RESCALE = 4;

/**
 * What is remembered of one entity's volume: a flat vector, kept as one array column. Sums decay
 * forwards: what is added at hour h weighs 2^((h − origin)/half-life). Every fourth half-life all of
 * them are divided by 16, which loses no digit. The working numbers are those that are stored, so that
 * a state that was kept and read again goes on exactly as one that never left memory.
 */
export type VolumeState = Float32Array;

/** A state out of stored numbers, or null when they are not one of this version's. */
export function stateFrom(numbers: Float32Array): VolumeState | null {
  return numbers.length === STATE_SIZE ? numbers : null;
}

/** What an entity's parent (its client; for a client, everybody) lends it. */
export interface Parent {
  /** Calls an hour that a child of it makes on average. */
  level: number;
  /** Share of the mean at an hour, around 1. */
  rhythm: (hour: number) => number;
}

/** One hour of calls: the sum, and the sums of squares over its minutes and five-minute buckets. */
export interface HourSums {
  calls: number;
  q1: number;
  q5: number;
}

const NO_CALLS: HourSums = { calls: 0, q1: 0, q5: 0 };

/** The state of an entity whose first call falls in `hour`. */
export function newState(hour: number): VolumeState {
  const state = new Float32Array(STATE_SIZE);
  state[AT.base] = hour;
  state[AT.origin] = hour;
  state[AT.through] = hour - 1;
  state[AT.lastActive] = hour;
  return state;
}

function at(state: VolumeState, index: number): number {
  return state[index] ?? 0;
}

export const firstHour = (state: VolumeState): number => at(state, AT.base);
export const trainedThrough = (state: VolumeState): number => at(state, AT.through);
export const lastActive = (state: VolumeState): number => at(state, AT.lastActive);

/** Accumulated evidence of a slow drip, in standard deviations (a one-sided CUSUM). */
export const dripOf = (state: VolumeState): number => at(state, AT.drip);

/** From so much evidence on, and at each step of so much more, a drip is looked at. */
const DRIP_STEP = 4;
const LEAST_DRIP = 8;

/** Whether the evidence of a drip rose by a step with the hour that was just learnt. */
export function dripRose(before: number, state: VolumeState): boolean {
  const after = dripOf(state);
  return after >= LEAST_DRIP && Math.floor(after / DRIP_STEP) > Math.floor(before / DRIP_STEP);
}

function gain(state: VolumeState, hour: number): number {
  return Math.pow(2, (hour - at(state, AT.origin)) / HALF_LIFE);
}

/** Brings the sums nearer to 1 when their gain has grown large. */
function rescale(state: VolumeState, hour: number): void {
  while (hour - at(state, AT.origin) >= RESCALE * HALF_LIFE) {
    for (const [from, to] of DECAYED) {
      for (let i = from; i < to; i += 1) state[i] = at(state, i) / 2 ** RESCALE;
    }
    state[AT.origin] = at(state, AT.origin) + RESCALE * HALF_LIFE;
  }
}

/** Mean calls an hour, pulled towards the parent's while little is known. */
export function levelOf(state: VolumeState, parent: Parent, hour: number): number {
  const g = gain(state, hour);
  return (
    (at(state, AT.sumT) / g + LEVEL_PRIOR * parent.level) / (at(state, AT.sumS) / g + LEVEL_PRIOR)
  );
}

/** Expected calls in one hour: `a` by the entity's own calendar, `b` by its level and the rhythm. */
export interface Means {
  a: number;
  b: number;
}

/** Where days begin among the slots of a week. */
const WEEKEND = [0, 6 * DAY] as const;
const WEEKDAYS = [DAY, 2 * DAY, 3 * DAY, 4 * DAY, 5 * DAY] as const;

/** Expectations of an hour (DETECTION.md, Volume); `level` as {@link levelOf} gives it. */
export function meansAt(state: VolumeState, parent: Parent, hour: number, level: number): Means {
  const g = gain(state, trainedThrough(state));
  const b = level * parent.rhythm(hour);
  const week = weekSlot(hour);
  const clock = week % DAY;
  let calls = 0;
  let hours = 0;
  // The same hour of all weekdays, or of both days of the weekend.
  for (const day of week < DAY || week >= 6 * DAY ? WEEKEND : WEEKDAYS) {
    calls += at(state, AT.x168 + day + clock);
    hours += at(state, AT.w168 + day + clock);
  }
  const byDay = (calls / g + 1.5 * b) / (hours / g + 1.5);
  const a = (at(state, AT.x168 + week) / g + byDay) / (at(state, AT.w168 + week) / g + 1);
  return { a: Math.max(a, 1e-4), b: Math.max(b, 1e-4) };
}

/** Overdispersion of each window: quadratic φ and linear ψ, with their priors. */
export function dispersionOf(state: VolumeState, level: number): { phi: number[]; psi: number[] } {
  const g = gain(state, trainedThrough(state));
  const phi: number[] = [];
  const psi: number[] = [];
  PER_HOUR.forEach((perHour, w) => {
    const i = AT.dispersion + 3 * w;
    const spread = at(state, i) / g;
    const hours = PRIOR_HOURS[w] ?? 24;
    const mean1 = hours * Math.max(level, 0.05);
    const mean2 = (hours * Math.max(level, 0.05) ** 2) / perHour;
    const phi0 = PHI_0[w] ?? 1;
    const psi0 = PSI_0[w] ?? 3;
    phi.push(Math.max(0.002, (spread + phi0 * mean2) / (at(state, i + 2) / g + mean2)));
    psi.push(Math.max(0.05, (spread + psi0 * mean1) / (at(state, i + 1) / g + mean1)));
  });
  return { phi, psi };
}

/** Weights of the three experts by how well they foretold the hours so far. */
export function weightsOf(state: VolumeState): number[] {
  const record = [0, 1, 2].map((i) => at(state, AT.record + i));
  const best = Math.max(...record);
  const raw = record.map((value) => Math.exp(value - best));
  const sum = raw.reduce((a, b) => a + b, 0);
  return raw.map((value) => value / sum);
}

/** Shapes r of the three experts for a window: 1/r = φ or ψ/μ, plus 1/(age/2 + 1) for ignorance. */
export function shapes(means: Means, phi: number, psi: number, ageHours: number): number[] {
  const ignorance = 1 / (Math.max(0, ageHours) / 2 + 1);
  return [1 / (phi + ignorance), 1 / (psi / means.a + ignorance), 1 / (psi / means.b + ignorance)];
}

/** What the baseline takes of an hour: capped, so that a shift is accepted only if it lasts. */
function capped(state: VolumeState, sums: HourSums, spread: number): HourSums {
  let most = 0;
  for (let i = 0; i < DAY; i += 1) most = Math.max(most, at(state, AT.recentMean + i));
  const cap = (most + 5 * spread + 10) * Math.pow(2, at(state, AT.run) / 3);
  if (sums.calls <= cap) {
    state[AT.run] = 0;
    return sums;
  }
  state[AT.run] = at(state, AT.run) + 1;
  const share = cap / sums.calls;
  return { calls: cap, q1: sums.q1 * share * share, q5: sums.q5 * share * share };
}

function addDispersion(state: VolumeState, g: number, sums: HourSums, mean: number): void {
  const squares = [sums.q1, sums.q5, sums.calls * sums.calls];
  for (let w = 0; w < 3; w += 1) {
    const k = PER_HOUR[w] ?? 1;
    const m = mean / k;
    const spread = (squares[w] ?? 0) - 2 * m * sums.calls + k * m * m - mean;
    addTo(state, AT.dispersion + 3 * w, g * spread, g * mean, g * k * m * m);
  }
  let calls = 0;
  let means = 0;
  for (let i = 0; i < DAY; i += 1) {
    calls += at(state, AT.recentT + i);
    means += at(state, AT.recentMean + i);
  }
  const spread = ((calls - means) ** 2 - means) / DAY;
  addTo(state, AT.dispersion + 9, g * spread, (g * means) / DAY, (g * means * means) / DAY);
}

function addTo(state: VolumeState, i: number, spread: number, mean: number, mean2: number): void {
  state[i] = at(state, i) + spread;
  state[i + 1] = at(state, i + 1) + mean;
  state[i + 2] = at(state, i + 2) + mean2;
}

function keepRecord(state: VolumeState, calls: number, means: Means, r: readonly number[]): void {
  const mu = [means.a, means.a, means.b];
  for (let i = 0; i < 3; i += 1) {
    const ln = Math.max(WORST, lnPmf(Math.round(calls), mu[i] ?? 1, r[i] ?? 1));
    state[AT.record + i] = FORGET * at(state, AT.record + i) + ln;
  }
}

/**
 * Learns one hour, in place: the hour after {@link trainedThrough}.
 *
 * @param trains false when the hour must teach nothing (an incident was open)
 */
export function learnHour(state: VolumeState, parent: Parent, sums: HourSums, trains = true): void {
  const hour = trainedThrough(state) + 1;
  rescale(state, hour);
  if (trains) learn(state, parent, hour, sums);
  state[AT.raw + (hour % DAY)] = sums.calls;
  state[AT.through] = hour;
}

/** Calls of the learnt hours from one to another, both inclusive, as they came; of the last 24. */
export function callsBetween(state: VolumeState, fromHour: number, toHour: number): number {
  const through = trainedThrough(state);
  let calls = 0;
  const to = Math.min(toHour, through);
  for (let hour = Math.max(fromHour, through - DAY + 1); hour <= to; hour += 1) {
    calls += at(state, AT.raw + (hour % DAY));
  }
  return calls;
}

function learn(state: VolumeState, parent: Parent, hour: number, seen: HourSums): void {
  const level = levelOf(state, parent, hour);
  const means = meansAt(state, parent, hour, level);
  const { phi, psi } = dispersionOf(state, level);
  const r = shapes(means, phi[2] ?? 1, psi[2] ?? 20, hour - at(state, AT.base));
  const spread = Math.sqrt(means.a + (phi[2] ?? 1) * means.a * means.a);
  if (seen.calls > 0) state[AT.lastActive] = hour;
  const sums = seen.calls > 0 ? capped(state, seen, spread) : NO_CALLS;
  const g = gain(state, hour);
  keepRecord(state, sums.calls, means, r);
  const surplus = Math.min(2.5, (sums.calls - means.a) / Math.max(spread, 1)) - 0.3;
  state[AT.drip] = Math.min(40, Math.max(0, at(state, AT.drip) + surplus));
  state[AT.recentT + (hour % DAY)] = sums.calls;
  state[AT.recentMean + (hour % DAY)] = means.a;
  addDispersion(state, g, sums, means.a);
  const rhythm = parent.rhythm(hour);
  state[AT.sumT] = at(state, AT.sumT) + g * sums.calls;
  state[AT.sumS] = at(state, AT.sumS) + g * rhythm;
  const week = weekSlot(hour);
  state[AT.x168 + week] = at(state, AT.x168 + week) + g * sums.calls;
  state[AT.w168 + week] = at(state, AT.w168 + week) + g;
}

/** True when a state was taken over from a predecessor. */
export const isHeir = (state: VolumeState): boolean => at(state, AT.heir) > 0;

/**
 * The state of a token that follows another one: the predecessor's, with the few hours of its own that
 * it has seen so far. Both are learnt through the same hour; the predecessor's silence since is in its
 * weights, so that the two together count each hour about once.
 */
export function inherited(own: VolumeState, predecessor: VolumeState): VolumeState {
  const state = Float32Array.from(predecessor);
  const factor = gain(state, trainedThrough(own)) / gain(own, trainedThrough(own));
  state[AT.sumT] = at(state, AT.sumT) + factor * at(own, AT.sumT);
  for (let i = 0; i < 168; i += 1) {
    state[AT.x168 + i] = at(state, AT.x168 + i) + factor * at(own, AT.x168 + i);
  }
  for (let i = 0; i < DAY; i += 1) {
    state[AT.recentT + i] = at(state, AT.recentT + i) + at(own, AT.recentT + i);
    state[AT.raw + i] = at(own, AT.raw + i);
  }
  state[AT.lastActive] = Math.max(lastActive(state), lastActive(own));
  state[AT.drip] = 0;
  state[AT.run] = 0;
  state[AT.heir] = 1;
  return state;
}
