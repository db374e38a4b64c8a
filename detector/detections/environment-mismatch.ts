import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { list, plural } from '../words.ts';

/** A token at work in an environment. */
export interface EnvironmentWindow {
  /** What the token was minted for. */
  minted: string;
  /** Where the service runs that it called. */
  environment: string;
  /** Event time of the first such call, epoch ms. */
  time: number;
  /** Of the last, epoch ms. */
  last: number;
  calls: number;
  /** What those calls recorded, by currency. */
  amounts: Readonly<Record<string, number>>;
}

export interface EnvironmentBaseline {
  /** True when somebody approved this token (or its client) in this environment. */
  approved: boolean;
}

/** Names that people give the same environment. */
const NAMES: Readonly<Record<string, string>> = {
  prod: 'production',
  prd: 'production',
  live: 'production',
  stage: 'staging',
  stg: 'staging',
  preprod: 'staging',
  'pre-production': 'staging',
  dev: 'development',
  local: 'development',
  qa: 'test',
  testing: 'test',
  sandbox: 'test',
};

/** One name for each environment: `prod` and `live` are `production`. */
export function environmentName(name: string): string {
  const plain = name.trim().toLowerCase();
  return Object.hasOwn(NAMES, plain) ? (NAMES[plain] ?? plain) : plain;
}

const MONEY = new Intl.NumberFormat('en-US', {
  minimumFractionDigits: 2,
  maximumFractionDigits: 2,
});

/** `12,400.00 EUR and 80.00 USD`, the largest first; empty where nothing was recorded. */
function amountsOf(amounts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(amounts).sort(([, a], [, b]) => b - a);
  return sorted.length === 0
    ? ''
    : list(sorted.map(([currency, sum]) => `${MONEY.format(sum)} ${currency}`.trim()));
}

/** A staging token in production, for the examples. */
const astray: EnvironmentWindow = {
  ...{ minted: 'staging', environment: 'production', time: MONDAY, last: MONDAY + 60_000 },
  ...{ calls: 37, amounts: { EUR: 12_400 } },
};

/** A token minted for one environment is seen in another, and nobody approved it. */
export const environmentMismatch = defineDetection<EnvironmentWindow, EnvironmentBaseline>({
  id: 'environment.mismatch',
  title: 'Token used in an environment it was not minted for',
  family: 'environment',
  severity: 'critical',
  owasp: ['API8:2023', 'API2:2023'],
  attack: ['T1078'],
  parameters: { calls: 1 },
  blindSpots: [
    'Tokens that do not say what they were minted for (see environment.new).',
    'Services that do not set deployment.environment.name.',
  ],
  runbook: [
    'Find out whether the service accepted the token: then it shares its signing key or its introspection with the other environment.',
    'Revoke the token; a staging token is rarely kept as safe as a production one.',
    'If it is meant to be so, approve it: mark the incident a false positive.',
  ],
  detect: (window, baseline) => {
    const minted = environmentName(window.minted);
    const seen = environmentName(window.environment);
    if (minted === '' || seen === '' || minted === seen || baseline.approved) return null;
    const amounts = amountsOf(window.amounts);
    const recorded = amounts === '' ? '' : `, with ${amounts}`;
    return certainly({
      value: seen,
      explanation:
        `A token minted for ${minted} was used in ${seen}: ${plural(window.calls, 'call')}${recorded}, ` +
        `recorded in ${seen}; usual is ${minted} only, and nobody approved ${seen} for it.`,
      seen,
      usual: minted,
      unit: 'calls outside its environment',
      facts: {
        ...{ minted_for: window.minted, seen_in: window.environment },
        ...{ affected_calls: window.calls, amounts: { ...window.amounts } },
      },
      from: window.time,
      to: window.last + 1,
      calls: window.calls,
    });
  },
  examples: {
    quiet: [
      {
        name: 'two names of the same environment',
        window: { ...astray, minted: 'prod', environment: 'production' },
        baseline: { approved: false },
      },
      {
        name: 'approved',
        window: { ...astray, minted: 'staging', environment: 'production' },
        baseline: { approved: true },
      },
      {
        name: 'a token that does not say',
        window: { ...astray, minted: '', environment: 'production' },
        baseline: { approved: false },
      },
    ],
    firing: [
      {
        name: 'a staging token in production',
        window: { ...astray, minted: 'staging', environment: 'production' },
        baseline: { approved: false },
      },
    ],
  },
});
