import { defineDetection } from '../detection.ts';
import { knownFor, useOf } from '../values/example.ts';
import { noticeFirstUse } from '../values/first-use.ts';
import type { ValueWindow } from '../values/first-use.ts';
import { noveltyBits } from '../values/novelty.ts';
import type { ValueBaseline } from '../values/novelty.ts';

/** A token that never said what it was minted for turns up in another environment. */
export const environmentNew = defineDetection<ValueWindow, ValueBaseline>({
  id: 'environment.new',
  title: 'First use in an environment',
  family: 'environment',
  severity: 'high',
  owasp: ['API8:2023'],
  attack: ['T1078'],
  parameters: { bits: 12 },
  blindSpots: ['Tokens that always worked in several environments.'],
  runbook: [
    'Ask the client whether the token was meant to be used there.',
    'Mint separate tokens for each environment and say so in tokenwatch.token.environment.',
  ],
  detect: (window, baseline, parameters) => {
    const bits = noveltyBits('environment', window.value, baseline);
    const threshold = baseline.threshold ?? parameters['bits'] ?? 12;
    return noticeFirstUse(window, baseline, bits, threshold, {
      noun: 'use in',
      many: 'environments',
    });
  },
  examples: {
    quiet: [
      {
        name: 'a client whose tokens work in both',
        window: useOf('environment', 'staging'),
        baseline: knownFor({ production: 100 }, { clientTokensWith: 4, share: 0.2 }),
      },
    ],
    firing: [
      {
        name: 'a production token turns up in staging',
        window: useOf('environment', 'staging'),
        baseline: knownFor({ production: 300 }, { share: 0.01 }),
      },
    ],
  },
});
