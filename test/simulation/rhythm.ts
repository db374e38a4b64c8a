/** When a token calls: bursts of one day, by archetype. */
import { DAY, HOUR, isDayOff, isMonthEnd, localHour } from './calendar.ts';
import type { TokenPlan } from './plan.ts';
import type { Rng } from './random.ts';

const MINUTE = 60_000;

/** Takes one burst: when it begins, how many calls, and the mean gap between them in ms. */
export type Emit = (start: number, calls: number, meanGap: number) => void;

/** Everything that makes one day busier than another, for one token. */
export interface DayMood {
  /** Epoch ms of the UTC day. */
  day: number;
  /** Product of the client's and the token's own noise of that day. */
  factor: number;
}

/** Share of a day's work that falls into a local hour; the shapes below sum to 1 over 24 h. */
function office(hour: number, shift: number): number {
  const h = hour - shift;
  if (h < 7 || h >= 20) return 0.002;
  const lunch = h >= 12 && h < 13 ? 0.55 : 1;
  return (lunch * Math.exp(-(((h - 13) / 3.6) ** 4))) / 6.5;
}

function evening(hour: number, shift: number): number {
  const h = (hour - shift + 24) % 24;
  const day = Math.exp(-(((h - 13) / 4.5) ** 2)) + 1.2 * Math.exp(-(((h - 20) / 2.2) ** 2));
  return (day + 0.02) / 13;
}

function around(hour: number, shift: number): number {
  return (1 + 0.35 * Math.cos(((hour - 14 - shift) / 12) * Math.PI)) / 24;
}

/** What the calendar does to a token at a time: days off, month ends, growth, a lasting step. */
export function calendarFactor(token: TokenPlan, start: number, time: number): number {
  const { client, archetype } = token;
  let factor = (1 + token.growth) ** ((time - start) / DAY);
  if (token.step.at > 0 && time >= token.step.at) factor *= token.step.factor;
  const dayIndex = Math.floor((time - start) / DAY);
  const off = isDayOff(time, client.country) || client.daysOff.includes(dayIndex);
  if (archetype === 'office' || archetype === 'sparse') factor *= off ? token.weekend : 1;
  else if (archetype === 'consumer' || archetype === 'mobile') factor *= off ? 1.15 : 1;
  else if (archetype === 'batch' && token.period === 60) factor *= off ? 0 : 1;
  if (isMonthEnd(time, client.country)) {
    factor *= archetype === 'batch' ? 2.5 : archetype === 'office' ? 1.6 : 1.1;
  }
  return factor;
}

/** Emits the bursts of one UTC day of one token. Not in order of time. */
export function burstsOfDay(
  token: TokenPlan,
  start: number,
  mood: DayMood,
  rng: Rng,
  emit: Emit,
): void {
  switch (token.archetype) {
    case 'office': {
      hourly(token, start, mood, rng, office, 4, 15_000, emit);
      return;
    }
    case 'sparse': {
      hourly(token, start, mood, rng, office, 2, 20_000, emit);
      return;
    }
    case 'mobile': {
      sessions(token, start, mood, rng, emit);
      return;
    }
    case 'consumer': {
      hourly(token, start, mood, rng, evening, 1, 0, emit);
      return;
    }
    case 'service': {
      hourly(token, start, mood, rng, around, 1, 0, emit);
      return;
    }
    case 'cron': {
      runs(token, start, mood, rng, emit);
      return;
    }
    case 'batch': {
      night(token, start, mood, rng, emit);
      return;
    }
  }
}

type HourShape = (hour: number, shift: number) => number;

function hourly(
  token: TokenPlan,
  start: number,
  mood: DayMood,
  rng: Rng,
  shape: HourShape,
  meanBurst: number,
  meanGap: number,
  emit: Emit,
): void {
  for (let h = 0; h < 24; h++) {
    const begin = mood.day + h * HOUR;
    const share = shape(localHour(begin + HOUR / 2, token.client.country), token.hour);
    const mean = token.rate * share * mood.factor * calendarFactor(token, start, begin);
    let left = rng.negativeBinomial(mean, token.dispersion);
    while (left > 0) {
      const calls =
        meanBurst === 1 ? 1 : Math.min(left, 1 + Math.floor(rng.exponential(meanBurst)));
      emit(begin + rng.next() * HOUR, calls, meanGap);
      left -= calls;
    }
  }
}

/** People open the app a few times a day and tap a dozen times. */
function sessions(token: TokenPlan, start: number, mood: DayMood, rng: Rng, emit: Emit): void {
  const perSession = 10;
  for (let h = 0; h < 24; h++) {
    const begin = mood.day + h * HOUR;
    const share = evening(localHour(begin + HOUR / 2, token.client.country), token.hour);
    const factor = mood.factor * calendarFactor(token, start, begin);
    const count = rng.poisson(((token.rate * factor) / perSession) * share);
    for (let i = 0; i < count; i++) {
      const calls = 1 + rng.negativeBinomial(perSession - 1, token.dispersion);
      emit(begin + rng.next() * HOUR, calls, 7_000);
    }
  }
}

/** A scheduler fires on the minute and calls as fast as the answers come. */
function runs(token: TokenPlan, start: number, mood: DayMood, rng: Rng, emit: Emit): void {
  const slots = (24 * 60) / token.period;
  const lateness = Math.abs(token.hour) * 2_000;
  for (let i = 0; i < slots; i++) {
    const at = mood.day + i * token.period * MINUTE;
    const mean = (token.rate / slots) * mood.factor * calendarFactor(token, start, at);
    const calls = rng.negativeBinomial(mean, token.dispersion);
    if (calls > 0) emit(at + lateness + rng.exponential(1_500), calls, 250);
  }
}

/** One long run a night; now and then it is skipped, late, or done twice. */
function night(token: TokenPlan, start: number, mood: DayMood, rng: Rng, emit: Emit): void {
  const local = localHour(mood.day, token.client.country);
  const begin = mood.day + ((token.hour - local + 48) % 24) * HOUR + rng.normal() * 4 * MINUTE;
  const mean = token.rate * mood.factor * calendarFactor(token, start, begin);
  const luck = rng.next();
  if (luck < 0.02) return;
  const late = luck < 0.04 ? rng.between(0.5, 5) * HOUR : 0;
  const minutes = 15 + 75 * (((token.slot * 2_654_435_761) >>> 8) % 100) * 0.01;
  const times = luck > 0.985 ? 2 : 1;
  for (let i = 0; i < times; i++) {
    const calls = rng.negativeBinomial(mean, token.dispersion);
    if (calls === 0) continue;
    const at = Math.max(mood.day, begin) + late + i * (minutes + 20) * MINUTE;
    emit(at, calls, (minutes * MINUTE) / Math.max(10, token.rate));
  }
}
