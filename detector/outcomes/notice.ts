import type { Noticed } from '../detection.ts';
import { HOUR_MS, MINUTE_MS } from '../volume/calendar.ts';
import { count, odds, plural } from '../words.ts';
import { fewestFor } from './surprise.ts';
import type { OutcomeBaseline, OutcomeWindow } from './surprise.ts';

/** How a burst of answers is spoken of. */
export interface OutcomeSpeech {
  /** `refused`, `for things that do not exist`. */
  what: string;
  unit: string;
  /** What is usual in words, and as a number in `unit`. */
  usual: string;
  usualCount: number;
  /** How many of the token's calls were answered so before. */
  past: number;
}

type Bits = (window: OutcomeWindow, baseline: OutcomeBaseline) => number;

/** What a burst of answers of one kind says of itself, or null below the threshold. */
export function noticeOutcome(
  window: OutcomeWindow,
  baseline: OutcomeBaseline,
  threshold: number,
  bitsOf: Bits,
  speech: OutcomeSpeech,
): Noticed | null {
  const bits = bitsOf(window, baseline);
  if (!(bits > threshold)) return null;
  const quiet = fewestFor(window, baseline, threshold, bitsOf) - 1;
  const known =
    baseline.active > 0
      ? `over ${plural(baseline.active, 'active hour')} in 30 days`
      : 'for a token that is new today';
  return {
    bits,
    thresholdBits: threshold,
    value: '',
    explanation:
      `${plural(window.count, 'call')} of ${count(window.calls)} within 60 min were ${speech.what}; ` +
      `usual is ${speech.usual} (${count(speech.past)} ${known}). ` +
      `By chance this happens ${odds(bits)} times; it would have stayed quiet up to ${count(quiet)}.`,
    evidence: {
      seen: window.count,
      usual: speech.usual,
      threshold: quiet,
      unit: speech.unit,
      facts: {
        calls_in_60_min: window.calls,
        expected: Math.round(speech.usualCount * 100) / 100,
      },
      ...(baseline.active < 24 ? { unknown: ['less than 24 active hours are known'] } : {}),
    },
    windowStart: window.minute + MINUTE_MS - HOUR_MS,
    windowEnd: window.minute + MINUTE_MS,
  };
}
