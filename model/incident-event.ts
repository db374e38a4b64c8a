import type { TokenHash } from './hash.ts';
import type { EntityKind, Evidence, Family } from './finding.ts';
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

/** What a campaign's incidents have in common: one client, or one network across clients. */
export type CampaignKind = 'client' | 'network';

/** One incident that a campaign lists. */
export interface CampaignMember {
  /** The incident's id. */
  member: string;
  tokenHash: TokenHash | '';
  clientId: string;
  severity: Severity;
  score: number;
  detections: string[];
  services: string[];
  environments: string[];
}

/** What can happen to an incident, by kind. */
export type IncidentChange =
  | {
      kind: 'opened';
      entity: EntityKind;
      /** Of an endpoint or a service. */
      name?: string;
      tokenHash: TokenHash | '';
      clientId: string;
      /** Set on a campaign: what its members share, and its name (a client id, `AS64500`). */
      campaign?: { kind: CampaignKind; key: string };
    }
  | { kind: 'finding_added'; finding: FindingSummary }
  /** A campaign took in another incident. */
  | ({ kind: 'member_added' } & CampaignMember)
  /** This incident became part of a campaign, which now speaks for it. */
  | { kind: 'joined'; campaign: string }
  /** The incident is full: further findings that add nothing stay in the findings table alone. */
  | { kind: 'saturated' }
  /** Somebody was told for the first time. */
  | { kind: 'notified'; receiver: string; delivery: string }
  | { kind: 'acknowledged' }
  | { kind: 'assigned'; to: string }
  | { kind: 'commented'; text: string }
  | { kind: 'resolved'; reason: string }
  | { kind: 'false_positive'; reason: string }
  | { kind: 'reopened'; reason: string }
  | { kind: 'silenced'; silence: string; until: number }
  | { kind: 'response_requested'; response: 'revocation'; reason: string }
  | { kind: 'response_approved'; response: 'revocation' }
  | { kind: 'response_refused'; response: 'revocation'; reason: string }
  | { kind: 'response_sent'; response: 'revocation' }
  /** The token was watched past the grace period; `lastAcceptedAt` is its last accepted call, 0 for none. */
  | { kind: 'response_confirmed'; response: 'revocation'; lastAcceptedAt?: number }
  | { kind: 'response_failed'; response: 'revocation'; reason: string; lastAcceptedAt?: number };

/** One thing that happened to one incident; events are only ever appended. */
export type IncidentEvent = {
  /** Deterministic where a program makes it, so that a repeated run repeats nothing. */
  id: string;
  incidentId: string;
  /** Epoch ms. */
  at: number;
  actor: Actor;
} & IncidentChange;
