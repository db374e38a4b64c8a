import type { Noticed } from '../detection.ts';
import { count, list, odds, plural } from '../words.ts';
import { commonest, hoursOf } from './novelty.ts';
import type { ValueBaseline } from './novelty.ts';

/** A value that a token shows in an hour. */
export interface ValueWindow {
  dimension: string;
  value: string;
  /** Event time of the first call with it in the hour, epoch ms. */
  time: number;
  /** Calls with it so far. */
  calls: number;
  /** Scopes that the token carries, empty when it did not say. */
  granted: readonly string[];
}

/** How the values of one dimension are spoken of. */
export interface Speech {
  /** `scope`, `country`. */
  noun: string;
  many: string;
  name?: (value: string) => string;
}

/** How long an evidence window of a new value reaches, ms. */
const WINDOW = 60_000;

/**
 * What the first use of a value says of itself.
 *
 * @param bits surprise of the value with all that counts towards it
 * @param more further sentences
 */
export function noticeFirstUse(
  window: ValueWindow,
  baseline: ValueBaseline,
  bits: number,
  thresholdBits: number,
  speech: Speech,
  more: readonly string[] = [],
): Noticed | null {
  if (!(bits > thresholdBits)) return null;
  const name = speech.name ?? ((value: string): string => value);
  const known = commonest(baseline.counts);
  const hours = hoursOf(baseline.counts);
  const usual =
    known.length === 0
      ? `no ${speech.many} known of this token yet`
      : `usual is ${list(known.map(name))}, over ${plural(Math.round(hours), 'active hour')}`;
  const peers = peersOf(baseline);
  const quiet =
    `By chance this happens ${odds(bits)} times (${count(bits)} bits); ` +
    `it would have stayed quiet up to ${count(thresholdBits)} bits.`;
  return {
    bits,
    thresholdBits,
    value: window.value,
    explanation: [
      `First ${speech.noun} ${name(window.value)}: ${usual}; ${peers}.`,
      ...releaseOf(baseline),
      ...more,
      quiet,
    ].join(' '),
    evidence: {
      value: window.value,
      seen: window.value,
      usual: known.length === 0 ? 'nothing known yet' : list(known.map(name), 8),
      peers: baseline.clientTokensWith,
      threshold: Math.round(thresholdBits * 10) / 10,
      unit: 'bits of surprise',
      facts: {
        bits: Math.round(bits * 10) / 10,
        active_hours: Math.round(hours),
        client_tokens: baseline.clientTokens,
        client_tokens_with_it: baseline.clientTokensWith,
        share_of_all_calls: Number(baseline.share.toPrecision(3)),
      },
      unknown: hours < 24 ? ['less than a day of active hours is known of this token'] : [],
    },
    windowStart: window.time,
    windowEnd: window.time + WINDOW,
  };
}

function releaseOf({ released }: ValueBaseline): string[] {
  return released === true
    ? ['Its program was released anew within the day, which is allowed for.']
    : [];
}

function peersOf(baseline: ValueBaseline): string {
  if (baseline.clientTokens === 0) return 'the client has no other token to compare with';
  const some = baseline.clientTokensWith === 0 ? 'none' : count(baseline.clientTokensWith);
  return `${some} of the client's ${plural(baseline.clientTokens, 'other token')} had used it before`;
}
