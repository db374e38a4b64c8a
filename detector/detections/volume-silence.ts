import { defineDetection } from '../detection.ts';
import { bitsOfSilence } from '../pipeline/silence.ts';
import type { Expectation } from '../pipeline/silence.ts';
import { MONDAY } from '../values/example.ts';
import { HOUR_MS } from '../volume/calendar.ts';
import { count, moment, odds, plural } from '../words.ts';

/** A client's calls in some whole hours; epoch ms. */
export interface ClientSilence {
  calls: number;
  hours: number;
  to: number;
  /** Hour of its last call. */
  last: number;
}

const quiet: ClientSilence = { calls: 0, hours: 3, to: MONDAY, last: MONDAY - 5 * HOUR_MS };

/** A client that calls at all hours calls no more, while others go on. */
export const volumeSilence = defineDetection<ClientSilence, Expectation>({
  id: 'volume.silence',
  title: 'A client that never sleeps went silent',
  family: 'volume',
  severity: 'low',
  owasp: ['API4:2023'],
  attack: ['T1489', 'T1531'],
  parameters: { bits: 20, usual: 20, share: 0.3 },
  blindSpots: [
    'Clients younger than eight days, and those of which fewer than twenty calls are expected in six hours.',
    'It is judged by whole hours, of a client and not of each of its tokens.',
    'While a service is silent, or most clients are, nothing is said of single clients.',
  ],
  runbook: [
    'See whether its token expired, was revoked or was rotated away: refusals just before the silence say so.',
    'Ask the client whether their system is down; somebody may have locked them out.',
    'If they call from elsewhere now, under another client’s name, look at who called more since.',
  ],
  detect: ({ calls, hours, to, last }, usual, parameters) => {
    const { bits: threshold = 20, usual: least = 20, share = 0.3 } = parameters;
    if (usual.mean <= least || calls >= share * usual.mean) return null;
    const bits = bitsOfSilence(calls, usual);
    if (bits <= threshold) return null;
    return {
      bits,
      thresholdBits: threshold,
      value: '',
      explanation:
        `${plural(calls, 'call')} in ${plural(hours, 'hour')}, the last at about ${moment(last)}; usual at this ` +
        `time of the week are ${count(usual.mean)} (${plural(usual.weeks, 'week')} known). By chance this happens ` +
        `in ${odds(bits)}; quiet up to ${odds(threshold)}.`,
      evidence: {
        ...{ seen: calls, usual: count(usual.mean), threshold: Math.floor(share * usual.mean) },
        unit: `calls in ${plural(hours, 'hour')}`,
        facts: { last_call: moment(last), weeks_known: usual.weeks },
      },
      windowStart: Math.min(last, to - hours * HOUR_MS),
      windowEnd: to,
    };
  },
  examples: {
    quiet: [
      {
        name: 'half of it',
        window: { ...quiet, calls: 50 },
        baseline: { mean: 100, size: 16, weeks: 4 },
      },
      { name: 'seldom calls', window: quiet, baseline: { mean: 12, size: 16, weeks: 4 } },
      { name: 'its hours differ', window: quiet, baseline: { mean: 60, size: 2, weeks: 4 } },
    ],
    firing: [{ name: 'nothing', window: quiet, baseline: { mean: 300, size: 12, weeks: 3 } }],
  },
});
