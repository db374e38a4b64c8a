import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { plural } from '../words.ts';

/** Nonces of a token that came again; epoch ms. */
export interface ReplayWindow {
  /** With another body, from another network, and alike but long after. */
  otherPayload: number;
  otherNetwork: number;
  late: number;
  /** The longest time between two uses of one nonce, ms. */
  longest: number;
  calls: number;
  /** The first repetition, and the last. */
  first: number;
  last: number;
}

/** One nonce, two bodies, for examples. */
export const TWICE: ReplayWindow = {
  ...{ otherPayload: 1, otherNetwork: 0, late: 0, longest: 5_000, calls: 2 },
  ...{ first: MONDAY, last: MONDAY },
};

/** A nonce or idempotency key comes again with another body, or from another network. */
export const replayNonce = defineDetection<ReplayWindow, object>({
  id: 'replay.nonce',
  title: 'Nonce used again with another body or from another network',
  family: 'replay',
  severity: 'high',
  owasp: ['API2:2023', 'API6:2023'],
  attack: ['T1550', 'T1557'],
  parameters: {},
  blindSpots: [
    'Services that do not report nonces or idempotency keys.',
    'Nonces are remembered for a week (retention.nonce_uses).',
    'A repetition with the same body from the same network is a retry, unless it comes late (replay.stale).',
  ],
  runbook: [
    'See whether the repetitions were carried out: amounts and answers are on the calls.',
    'If another network is in it, somebody recorded the request: revoke the token.',
    'If one program makes the same nonce twice, its generator is broken: tell its owner.',
  ],
  detect: (window) => {
    const { otherPayload, otherNetwork } = window;
    if (otherPayload + otherNetwork === 0) return null;
    const how = [
      ...(otherPayload > 0 ? [`${plural(otherPayload, 'nonce')} with another body`] : []),
      ...(otherNetwork > 0 ? [`${plural(otherNetwork, 'nonce')} from another network`] : []),
    ].join(', ');
    return certainly({
      explanation:
        `Used again: ${how}, in ${plural(window.calls, 'call')}; usual is that a nonce is used once, ` +
        'or repeated unchanged.',
      seen: otherPayload + otherNetwork,
      usual: 'none',
      unit: 'nonces used again',
      facts: { other_body: otherPayload, other_network: otherNetwork, calls: window.calls },
      from: window.first,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [{ name: 'a retry', window: { ...TWICE, otherPayload: 0 }, baseline: {} }],
    firing: [
      { name: 'another body', window: TWICE, baseline: {} },
      {
        name: 'another network',
        window: { ...TWICE, otherPayload: 0, otherNetwork: 3 },
        baseline: {},
      },
    ],
  },
});
