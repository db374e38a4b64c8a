import { createHash } from 'node:crypto';
import type { TokenHash } from './hash.ts';
import type { Severity } from './severity.ts';

/**
 * Which side of a token's behaviour a detection looks at. Findings of one family share evidence,
 * so an incident counts only the strongest of each family.
 */
export const FAMILIES = [
  'volume',
  'scope',
  'geography',
  'environment',
  'lifecycle',
  'binding',
  'sharing',
  'replay',
  'authorization',
  'inventory',
  'rule',
  'pipeline',
] as const;

export type Family = (typeof FAMILIES)[number];

/** What a finding or an incident can be about. */
export const ENTITIES = ['token', 'client', 'endpoint', 'service'] as const;

export type EntityKind = (typeof ENTITIES)[number];

/** A plain JSON value: what evidence may hold. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What a finding rests on, in a form that people and programs read. */
export interface Evidence {
  /** The value that is out of the ordinary (`DE`, `payments:write`, `production`), if it is one. */
  value?: string;
  /** What was seen, in `unit`. */
  seen: number | string;
  /** What is usual, in `unit`: a band, or words (`DE, FR`). */
  usual?: { low: number; high: number } | string;
  /** The 99th percentile of the client's other tokens, in `unit`. */
  peers?: number;
  /** Up to this the detection would have stayed quiet, in `unit`. */
  threshold?: number;
  /** What is counted: `calls in 5 min`, `km/h`, ... */
  unit?: string;
  /** Anything else worth a line: routes, countries, amounts. */
  facts?: Record<string, Json>;
  /** What the detection did not know and would have liked to (`no country database`). */
  unknown?: string[];
  /** Up to five traces that show it, lower-case hex. */
  traceIds?: string[];
}

/** One firing of a detection. */
export interface Finding {
  /** Deterministic: see {@link findingId}. */
  id: string;
  /** The detection's id, `family.name` (`volume.surge`). */
  detection: string;
  family: Family;
  title: string;
  severity: Severity;
  /** Risk shown to people, 0 to 100. */
  score: number;
  /** Surprise: −log2 of the probability of seeing this by chance. */
  bits: number;
  /** What it is about; its id is `tokenHash`, `clientId` or `name` accordingly. */
  entity: EntityKind;
  tokenHash: TokenHash | '';
  clientId: string;
  /** An endpoint's service, method and route (`payments GET /v1/refunds`), or a service's name. */
  name?: string;
  service: string;
  environment: string;
  /** Event time, epoch ms; the window is [start, end). */
  windowStart: number;
  windowEnd: number;
  /** Event time of the first call that it rests on, epoch ms. */
  firstCallAt: number;
  /** When the detector decided, epoch ms. */
  detectedAt: number;
  /** How many calls it rests on. */
  calls: number;
  /** The usual, the seen and the threshold in one or two plain sentences. */
  explanation: string;
  evidence: Evidence;
}

/**
 * A finding's deterministic id: the same detection of the same thing in the same window has the
 * same id whoever computes it and however often.
 *
 * @param parts detection, entity, value and window that make it one of a kind
 * @returns 32 lower-case hex digits
 */
export function findingId(parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
