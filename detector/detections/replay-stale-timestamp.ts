import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { count, plural, span } from '../words.ts';

/** Accepted calls of a token that state another time than that at which they came; epoch ms. */
export interface StatedWindow {
  /** How many state one too old, or ahead; and how many state any. */
  old: number;
  ahead: number;
  stated: number;
  /** The furthest of them, seconds before the call; negative for one ahead. */
  furthest: number;
  first: number;
  last: number;
}

const RECORDED: StatedWindow = {
  ...{ old: 2, ahead: 0, stated: 40, furthest: 7_200, first: MONDAY, last: MONDAY + 5_000 },
};

/** A request that says that it was made long ago, or will be, is let pass. */
export const replayStaleTimestamp = defineDetection<StatedWindow, object>({
  id: 'replay.stale-timestamp',
  title: 'Request with a stale timestamp, let pass',
  family: 'replay',
  severity: 'medium',
  owasp: ['API2:2023'],
  attack: ['T1550'],
  parameters: { minutes: 5 },
  blindSpots: [
    'Requests that state no time, and services that do not report it (tokenwatch.request.timestamp).',
    'Whether the time is signed, and the signature right: a thief who can sign states what he likes.',
    'Recorded requests that are sent again within the minutes that are allowed: their nonce tells of them.',
  ],
  runbook: [
    'See why the service let it pass: a signed time outside its window must be refused.',
    'If nearly all calls of the token are off alike, its client has a wrong clock: have it mended.',
    'If only some are, requests were recorded and sent again: revoke the token.',
  ],
  detect: (window, _baseline, parameters) => {
    const limit = (parameters['minutes'] ?? 5) * 60_000;
    const off = window.old + window.ahead;
    if (off === 0 || Math.abs(window.furthest) * 1000 <= limit) return null;
    const side = window.furthest > 0 ? 'before they came' : 'after they came';
    return certainly({
      value: window.old > 0 ? 'old' : 'ahead',
      explanation:
        `${plural(off, 'accepted call')} of ${count(window.stated)} that state a time state one up to ` +
        `${span(Math.abs(window.furthest) * 1000)} ${side}; usual are at most ${span(limit)}.` +
        (off === window.stated && off > 2 ? ' All of them do: its clock may be wrong.' : ''),
      seen: Math.round(Math.abs(window.furthest) / 60),
      usual: `up to ${span(limit)}`,
      threshold: limit / 60_000,
      unit: 'minutes between the stated time and the call',
      facts: { old: window.old, ahead: window.ahead, stated: window.stated },
      from: window.first,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [
      {
        name: 'four minutes on the way',
        window: { ...RECORDED, old: 1, furthest: 240 },
        baseline: {},
      },
      { name: 'none is off', window: { ...RECORDED, old: 0, furthest: 0 }, baseline: {} },
    ],
    firing: [
      { name: 'two hours old', window: RECORDED, baseline: {} },
      {
        name: 'a client whose clock is ahead',
        window: { ...RECORDED, old: 0, ahead: 40, furthest: -900 },
        baseline: {},
      },
    ],
  },
});
