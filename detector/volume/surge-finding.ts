import type { Noticed } from '../detection.ts';
import { count, minutes } from '../words.ts';
import { MINUTE_MS } from './calendar.ts';
import { bandOf, firstCount, mixtureOf } from './expectation.ts';
import type { Expectation, Window } from './expectation.ts';
import { WINDOW_MINUTES } from './state.ts';
import { recordOf, tailIndex } from './record.ts';
import type { BusiestHours } from './record.ts';
import { surgeBits } from './surge.ts';

/** Calls of one entity in the windows that end with a minute. */
export interface SurgeWindow {
  /** Beginning of that minute, epoch ms. */
  minute: number;
  /** In 1 min, 5 min, 60 min and 24 clock hours. */
  counts: readonly [number, number, number, number];
  /**
   * Of a client: calls of its busiest token in each window, which `counts` leave out. What one token
   * explains is that token's story, and judged there.
   */
  busiest?: readonly [number, number, number, number];
}

/** A client's window without the calls of the token that made most of them. */
export function withoutBusiest(
  window: SurgeWindow,
  busiest: readonly [number, number, number, number],
): SurgeWindow {
  const counts = [0, 0, 0, 0] as [number, number, number, number];
  window.counts.forEach((calls, w) => (counts[w] = Math.max(0, calls - (busiest[w] ?? 0))));
  return { ...window, counts, busiest };
}

export interface SurgeBaseline {
  expectation: Expectation;
  /** Factor by which the client's other tokens move now; see {@link moveOf}. */
  move: number;
  /** 99th percentile of the client's other tokens in the window, once it is known. */
  peers?: number;
  /** Bits above which each window fires, from the own history; else the parameter counts. */
  thresholds?: readonly [number, number, number, number];
  /** False when the token is new and only its client is known. */
  known: boolean;
  /** Its busiest hours so far; absent for a client. */
  hours?: BusiestHours;
}

/** What bits are counted by. */
type Counted = Pick<SurgeBaseline, 'expectation' | 'move' | 'hours'>;

/** A token's day is compared with its days once it has had some, hours. */
const DAYS_KNOWN = 72;
/** A token's calendar is known well after two weeks and so many active hours in the last four. */
const WELL_KNOWN = { ageHours: 336, active: 150 } as const;
/** What the time of day may add, in bits, while the calendar is not known well: to a surge, to a record. */
const FOR_THE_TIME = 6;
const BESIDE_RECORD = 12;

/**
 * Whether it is known when a token calls. Of one that is new or seldom calls, that it calls at all at
 * this hour is nothing rare: some hour it must be.
 */
function hasCalendar(expectation: Expectation, hours: BusiestHours): boolean {
  return expectation.ageHours >= WELL_KNOWN.ageHours && hours.active >= WELL_KNOWN.active;
}

/** Surprise of so many calls in an hour at this time, which counts beside a record; bits. */
export function calendarBits(
  { expectation, move, hours }: Counted & { hours: BusiestHours },
  minute: number,
  calls: number,
): number {
  const minuteOfHour = Math.floor(minute / MINUTE_MS) % 60;
  const bits = surgeBits(expectation, 2, calls, minuteOfHour, move);
  return hasCalendar(expectation, hours) ? bits : Math.min(BESIDE_RECORD, bits);
}

/**
 * The most that a surge within an hour is believed to be worth, in bits: without a calendar what counts
 * is how its hour compares with its busiest ones.
 *
 * @param calls within the 60 min
 */
function mostBits({ expectation, move, hours }: Counted, calls: number): number {
  if (hours === undefined || hasCalendar(expectation, hours)) return Infinity;
  const ratio = calls / Math.max(1, move) / recordOf(hours);
  const beyond = tailIndex(hours.top) * Math.log2(Math.max(1, ratio));
  return FOR_THE_TIME + Math.log2(hours.active + 2) + beyond;
}

/** Bits of one window with so many calls more in the last minute, 0 where there is nothing to judge. */
function bitsWith(window: SurgeWindow, baseline: Counted, w: Window, more: number): number {
  const { expectation, move, hours } = baseline;
  if (w === 3 && hours !== undefined && expectation.ageHours < DAYS_KNOWN) return 0;
  const minuteOfHour = Math.floor(window.minute / MINUTE_MS) % 60;
  const bits = surgeBits(expectation, w, window.counts[w] + more, minuteOfHour, move);
  return w === 3 ? bits : Math.min(bits, mostBits(baseline, window.counts[2] + more));
}

/** Bits of each window, 0 where there is nothing to judge. */
export function bitsByWindow(
  window: SurgeWindow,
  baseline: Counted,
): [number, number, number, number] {
  const bits = ([0, 1, 2, 3] as const).map((w) => bitsWith(window, baseline, w, 0));
  return bits as [number, number, number, number];
}

/** The most that any window within an hour would surprise with so many calls fewer in its last minute; bits. */
export function bitsWithout(window: SurgeWindow, baseline: Counted, fewer: number): number {
  return Math.max(...([0, 1, 2] as const).map((w) => bitsWith(window, baseline, w, -fewer)));
}

/** The four windows' thresholds in bits. */
export type WindowThresholds = readonly [number, number, number, number];

/** The window that is furthest above its threshold. */
export function strongest(bits: readonly number[], thresholds: WindowThresholds): Window {
  let best: Window = 0;
  for (const w of [1, 2, 3] as const) {
    if ((bits[w] ?? 0) / thresholds[w] > (bits[best] ?? 0) / thresholds[best]) best = w;
  }
  return best;
}

/** What was learnt, or the declared bits for all windows. */
export function thresholdsOf(baseline: SurgeBaseline, declared: number): WindowThresholds {
  return baseline.thresholds ?? [declared, declared, declared, declared];
}

/** How many calls of the last minute suffice for any of its windows to surprise enough. */
export function crossingOf(
  window: SurgeWindow,
  baseline: Counted,
  thresholds: WindowThresholds,
): number {
  const inMinute = window.counts[0];
  let calls = inMinute;
  for (const w of [0, 1, 2, 3] as const) {
    const enough = firstCount((x) => bitsWith(window, baseline, w, x - inMinute) > thresholds[w]);
    calls = Math.min(calls, enough);
  }
  return Math.max(1, calls);
}

/** Beginning of a window that ends with a minute, epoch ms. */
export function windowStart(minute: number, window: Window): number {
  if (window === 3) return Math.floor(minute / (60 * MINUTE_MS)) * 60 * MINUTE_MS - 23 * 3_600_000;
  return minute + MINUTE_MS - WINDOW_MINUTES[window] * MINUTE_MS;
}

/** What a surge says of itself, or null when no window surprises enough. */
export function noticeSurge(
  window: SurgeWindow,
  baseline: SurgeBaseline,
  thresholds: WindowThresholds,
  who: string,
): Noticed | null {
  const bits = bitsByWindow(window, baseline);
  const w = strongest(bits, thresholds);
  const thresholdBits = thresholds[w];
  if (!(bits[w] > thresholdBits)) return null;
  const { expectation, move } = baseline;
  const minuteOfHour = Math.floor(window.minute / MINUTE_MS) % 60;
  const band = bandOf(mixtureOf(expectation, w, minuteOfHour, move));
  const seen = window.counts[w];
  const quietUpTo = firstCount((x) => bitsWith(window, baseline, w, x - seen) > thresholdBits) - 1;
  const span = minutes(WINDOW_MINUTES[w]);
  const peers =
    baseline.peers === undefined ? '' : `; peers' 99th percentile ${count(baseline.peers)}`;
  const usual = baseline.known ? 'usual at this hour' : `usual for a new token of ${who}`;
  const whose = window.busiest === undefined ? '' : ' by others than its busiest token';
  return {
    bits: bits[w],
    thresholdBits,
    value: '',
    explanation:
      `${count(seen)} calls in ${span}${whose}; ${usual} ${count(band.low)}–${count(band.high)}${peers}; ` +
      `would have stayed quiet up to ${count(quietUpTo)}.${movedBy(move)}`,
    evidence: {
      seen,
      usual: band,
      threshold: quietUpTo,
      unit: `calls in ${span}`,
      ...(baseline.peers === undefined ? {} : { peers: baseline.peers }),
      facts: {
        calls_1_min: window.counts[0],
        calls_5_min: window.counts[1],
        calls_1_h: window.counts[2],
        calls_24_h: window.counts[3],
        ...(window.busiest === undefined ? {} : { calls_of_busiest_token: window.busiest[w] }),
      },
      unknown: unknowns(baseline),
    },
    windowStart: windowStart(window.minute, w),
    windowEnd: window.minute + MINUTE_MS,
  };
}

function movedBy(move: number): string {
  if (move <= 1.25) return '';
  return ` The client's other tokens are at ${count(move)} times their own usual, which is allowed for.`;
}

function unknowns(baseline: SurgeBaseline): string[] {
  const unknown: string[] = [];
  const age = baseline.expectation.ageHours;
  if (!baseline.known) unknown.push('the token is new: judged by its client’s other tokens');
  else if (age < 168) {
    unknown.push(`only ${count(age)} hours of history: less than a week, so weekdays are guesses`);
  }
  if (baseline.peers === undefined) unknown.push('too few active peers to compare with');
  return unknown;
}
