import type { Json } from './finding.ts';

/** Why somebody is told. */
export type DeliveryReason =
  'first' | 'update' | 'repeat' | 'escalation' | 'closed' | 'digest' | 'revocation' | 'test';

/** `pending` is tried until it ends as `sent`, `refused` (never again) or `dead` (given up). */
export type DeliveryState = 'pending' | 'sent' | 'refused' | 'dead';

/** One attempt to tell someone; kept before it is tried and after each attempt. */
export interface Delivery {
  /** The idempotency key: deterministic from incident, receiver and step. */
  id: string;
  /** Grows with each row that is kept of it. */
  version: number;
  /** Empty for a digest. */
  incidentId: string;
  /** The receiver's name in the configuration. */
  receiver: string;
  /** The notifier's type: `slack`, `email`, ... */
  notifier: string;
  reason: DeliveryReason;
  state: DeliveryState;
  attempts: number;
  /** Epoch ms, as are the next two. */
  createdAt: number;
  updatedAt: number;
  nextAttemptAt: number;
  /** What the receiver called it (a Slack ts, a Message-ID): later steps update or answer it. */
  remoteRef: string;
  /** Why the last attempt failed, in words without secrets; empty when it did not. */
  lastError: string;
  /** What to tell, without secrets. */
  payload: Json;
}
