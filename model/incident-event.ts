import type { TokenHash } from './hash.ts';
import type { Evidence, Family } from './finding.ts';
import type { Severity } from './severity.ts';

/** Who did something: `person:alice`, `program:alerting`, `slack:U123`. */
export type Actor = string;

/** What an incident keeps of a finding. */
export interface FindingSummary {
  id: string;
  detection: string;
  family: Family;
  title: string;
  severity: Severity;
  score: number;
  bits: number;
  windowStart: number;
  windowEnd: number;
  firstCallAt: number;
  detectedAt: number;
  calls: number;
  service: string;
  environment: string;
  explanation: string;
  evidence: Evidence;
}

/** What can happen to an incident, by kind. */
export type IncidentChange =
  | { kind: 'opened'; entity: 'token' | 'client'; tokenHash: TokenHash | ''; clientId: string }
  | { kind: 'finding_added'; finding: FindingSummary }
  | { kind: 'acknowledged' }
  | { kind: 'assigned'; to: string }
  | { kind: 'commented'; text: string }
  | { kind: 'resolved'; reason: string }
  | { kind: 'false_positive'; reason: string }
  | { kind: 'reopened'; reason: string }
  | { kind: 'response_requested'; response: 'revocation'; reason: string }
  | { kind: 'response_approved'; response: 'revocation' }
  | { kind: 'response_sent'; response: 'revocation' }
  | { kind: 'response_confirmed'; response: 'revocation' }
  | { kind: 'response_failed'; response: 'revocation'; reason: string };

/** One thing that happened to one incident; events are only ever appended. */
export type IncidentEvent = {
  /** Deterministic where a program makes it, so that a repeated run repeats nothing. */
  id: string;
  incidentId: string;
  /** Epoch ms. */
  at: number;
  actor: Actor;
} & IncidentChange;
