import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { list } from '../words.ts';
import { DAY_MS } from '../volume/calendar.ts';

/** What one token came from within five minutes; epoch ms. */
export interface SharedWindow {
  /** `AS64500`. */
  networks: readonly string[];
  agents: readonly string[];
  first: number;
  last: number;
  calls: number;
}

export interface SharedBaseline {
  /** How many of them the token had not shown an hour before. */
  newNetworks: number;
  newAgents: number;
  /** Since when it is known, epoch ms. */
  known: number;
}

const three: SharedWindow = {
  ...{ networks: ['AS3320', 'AS5089', 'AS28573'], agents: ['curl/8'] },
  ...{ first: MONDAY, last: MONDAY + 200_000, calls: 9 },
};

/** One token comes from several networks, or with several agents, at the same time. */
export const sharingAtOnce = defineDetection<SharedWindow, SharedBaseline>({
  id: 'sharing.at-once',
  title: 'One token from several places at once',
  family: 'sharing',
  severity: 'high',
  owasp: ['API2:2023'],
  attack: ['T1550.001', 'T1078'],
  parameters: { at_once: 3, new: 2 },
  blindSpots: [
    'Two holders in two networks: a telephone between Wi-Fi and the mobile network looks the same.',
    'Tokens in their first day, and those that always come from many places (a fleet).',
  ],
  runbook: [
    'Ask the owner where the token is deployed; one token for each deployment makes theft visible.',
    'If a network or an agent is not theirs, revoke the token.',
  ],
  detect: (window, baseline, parameters) => {
    const least = parameters['at_once'] ?? 3;
    const fresh = parameters['new'] ?? 2;
    const places = window.networks.length >= least && baseline.newNetworks >= fresh;
    const agents = window.agents.length >= least && baseline.newAgents >= fresh;
    if ((!places && !agents) || window.first - baseline.known < DAY_MS) return null;
    const seen = places ? window.networks : window.agents;
    const fewer = seen.length - (places ? baseline.newNetworks : baseline.newAgents);
    return certainly({
      value: places ? 'networks' : 'agents',
      explanation:
        `Within 5 min from ${seen.length} ${places ? 'networks' : 'agents'}: ${list(seen)}; usual ` +
        `are at most ${Math.max(1, fewer)} of them, would have stayed quiet below ${least}.`,
      seen: seen.length,
      usual: `at most ${Math.max(1, fewer)}`,
      threshold: least - 1,
      unit: places ? 'networks in 5 min' : 'agents in 5 min',
      facts: { networks: [...window.networks], agents: [...window.agents], calls: window.calls },
      from: window.first,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [
      {
        name: 'a fleet that always does',
        window: three,
        baseline: { newNetworks: 0, newAgents: 0, known: MONDAY - 30 * DAY_MS },
      },
      {
        name: 'a token of today',
        window: three,
        baseline: { newNetworks: 3, newAgents: 1, known: MONDAY - DAY_MS / 2 },
      },
    ],
    firing: [
      {
        name: 'two new networks beside its own',
        window: three,
        baseline: { newNetworks: 2, newAgents: 0, known: MONDAY - 30 * DAY_MS },
      },
    ],
  },
});
