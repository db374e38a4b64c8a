import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';

/** A token at work in an environment. */
export interface EnvironmentWindow {
  /** What the token was minted for. */
  minted: string;
  /** Where the service runs that it called. */
  environment: string;
  /** Event time of the first such call, epoch ms. */
  time: number;
  calls: number;
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

/** How surprising a certain violation counts as, bits. */
const CERTAIN = 60;

/** A token minted for one environment is seen in another, and nobody approved it. */
export const environmentMismatch = defineDetection<EnvironmentWindow, EnvironmentBaseline>({
  id: 'environment.mismatch',
  title: 'Token used in an environment it was not minted for',
  family: 'environment',
  severity: 'critical',
  owasp: ['API8:2023', 'API2:2023'],
  attack: ['T1078'],
  parameters: { bits: CERTAIN },
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
    return {
      bits: CERTAIN,
      thresholdBits: 0,
      value: seen,
      explanation:
        `A token minted for ${minted} was used in ${seen}; usual is ${minted} only, and nobody ` +
        `approved ${seen} for it. This needs no statistics: the first call suffices.`,
      evidence: {
        value: seen,
        seen,
        usual: minted,
        threshold: 0,
        unit: 'calls outside its environment',
        facts: { minted_for: window.minted, seen_in: window.environment },
      },
      windowStart: window.time,
      windowEnd: window.time + 1,
    };
  },
  examples: {
    quiet: [
      {
        name: 'two names of the same environment',
        window: { minted: 'prod', environment: 'production', time: MONDAY, calls: 1 },
        baseline: { approved: false },
      },
      {
        name: 'approved',
        window: { minted: 'staging', environment: 'production', time: MONDAY, calls: 1 },
        baseline: { approved: true },
      },
      {
        name: 'a token that does not say',
        window: { minted: '', environment: 'production', time: MONDAY, calls: 1 },
        baseline: { approved: false },
      },
    ],
    firing: [
      {
        name: 'a staging token in production',
        window: { minted: 'staging', environment: 'production', time: MONDAY, calls: 1 },
        baseline: { approved: false },
      },
    ],
  },
});
