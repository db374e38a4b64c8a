import { strongestOf, togetherBits } from '../combination/signs.ts';
import type { Sign } from '../combination/signs.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { HOUR_MS } from '../volume/calendar.ts';
import { count, country, list, odds } from '../words.ts';

/** What was out of the ordinary with a token within an hour. */
export interface SignsWindow {
  signs: readonly Sign[];
}

export interface SignsBaseline {
  threshold?: number;
}

/** Names of the signs. */
const NAMES: Readonly<Record<string, (value: string) => string>> = {
  volume_minutes: () => 'a burst of calls',
  volume_hour: () => 'many calls in an hour',
  volume_record: () => 'more calls in an hour than ever',
  country: (value) => `calls from ${country(value)}`,
  asn: (value) => `calls from AS${value}`,
  network_kind: (value) => `calls from a ${value} network`,
  travel: () => 'calls from places too far apart',
  user_agent: (value) => `the program “${value.slice(0, 60)}”`,
  scope: (value) => `the scope ${value}`,
  route: (value) => `the route ${value}`,
  mix: (value) => `calls shifted to ${value}`,
  denied: () => 'many refused calls',
  not_found: () => 'many calls for things that do not exist',
  environment: (value) => `the environment ${value}`,
};

function nameOf(sign: Sign): string {
  return NAMES[sign.dimension]?.(sign.value) ?? sign.dimension;
}

function sign(dimension: string, value: string, lnP: number): Sign {
  return { dimension, value, time: MONDAY, bits: 14, lnP };
}

/** Several sides of a token's behaviour change within an hour, none of them enough by itself. */
export const sharingSeveralSigns = defineDetection<SignsWindow, SignsBaseline>({
  id: 'sharing.several-signs',
  title: 'Several unusual things at once',
  family: 'sharing',
  severity: 'high',
  owasp: ['API2:2023'],
  attack: ['T1078', 'T1550.001'],
  parameters: { bits: 18 },
  blindSpots: [
    'A thief who changes only one side of the behaviour.',
    'Signs more than an hour apart are not added up.',
    'What a token shows with its first call of all: nothing is usual for it yet.',
    'A client that moves to a new program and a new network in the same hour looks the same.',
  ],
  runbook: [
    'Compare the calls that show the signs with those that do not: two parties show up as two groups.',
    'Ask the client whether they moved, released or replaced something at that time.',
    'If nobody knows, revoke the token; have the client fetch a new one.',
  ],
  detect: (window, baseline, parameters) => {
    const strongest = strongestOf(window.signs);
    const bits = togetherBits(strongest);
    const threshold = baseline.threshold ?? parameters['bits'] ?? 18;
    if (!(bits > threshold)) return null;
    const signs = [...strongest.values()].sort((a, b) => a.lnP - b.lnP);
    const first = Math.min(...signs.map((one) => one.time));
    const last = Math.max(...signs.map((one) => one.time));
    const parts = signs.map((one) => `${nameOf(one)} (${odds(-one.lnP / Math.LN2)} token-hours)`);
    return {
      bits,
      thresholdBits: threshold,
      value: signs
        .map((one) => one.dimension)
        .sort()
        .join('+'),
      explanation:
        `Within an hour: ${list(parts, 5)}; usual is none of these for this token. Together this ` +
        `happens ${odds(bits)} token-hours (${count(bits)} bits); it would have stayed quiet up to ` +
        `${count(threshold)} bits.`,
      evidence: {
        seen: signs.map(nameOf).join('; '),
        usual: 'none of these',
        threshold: Math.round(threshold * 10) / 10,
        unit: 'unusual things within 60 min (threshold in bits)',
        facts: Object.fromEntries(
          signs.map((one) => [one.dimension, one.value === '' ? Math.round(one.bits) : one.value]),
        ),
      },
      windowStart: Math.min(first, last),
      windowEnd: Math.min(last + 60_000, first + HOUR_MS + 60_000),
    };
  },
  examples: {
    quiet: [
      {
        name: 'a release: new program, scope and route',
        window: {
          signs: [
            sign('user_agent', 'billing/2.0', -10),
            sign('scope', 'invoices:read', -10),
            sign('route', 'GET /v2/invoices', -11),
          ],
        },
        baseline: {},
      },
      {
        name: 'a move to another network at an ordinary volume',
        window: { signs: [sign('asn', '3209', -9), sign('volume_hour', '', -4)] },
        baseline: {},
      },
    ],
    firing: [
      {
        name: 'a new network, with a program never seen there',
        window: {
          signs: [sign('asn', '16276', -9.5), sign('user_agent', 'curl/8.5.0', -9)],
        },
        baseline: {},
      },
    ],
  },
});
