import type { ReceiverOf, ReceiverType } from '../config/receivers.ts';
import type { BlastRadius } from '../model/blast-radius.ts';
import type { DeliveryReason } from '../model/delivery.ts';
import type { Incident } from '../model/incident.ts';
import type { FindingSummary } from '../model/incident-event.ts';
import type { Severity } from '../model/severity.ts';
import type { Told } from './routing/decide.ts';

/** How an attempt ended: said as data; an exception is a bug. */
export type Outcome =
  /** `ref` is what the receiver calls the message, empty where it has no name for it. */
  | { kind: 'sent'; ref: string }
  /** Worth another attempt, not before `afterMs` where the receiver said so. */
  | { kind: 'retry'; why: string; afterMs?: number }
  /** The same attempt would never succeed. */
  | { kind: 'refused'; why: string };

/** One line about an incident that a message mentions beside its own. */
export interface IncidentBrief {
  id: string;
  title: string;
  severity: Severity;
  score: number;
  clientId: string;
  version: number;
}

/** What a message tells of an incident: all of it, with its strongest findings only. */
export type IncidentTold = Omit<Incident, 'findings' | 'members'> & {
  /** The strongest ten. */
  findings: FindingSummary[];
  findingCount: number;
  /** The gravest ten. */
  members: Incident['members'];
  memberCount: number;
};

/** A demand to revoke. */
export interface RevocationOrder {
  tokenHash: string;
  tokenId: string;
  clientId: string;
  reason: string;
  incidentId: string;
  requestedBy: string;
  approvedBy: string;
  blast: BlastRadius | null;
}

/** What to tell: the whole content of a delivery, kept with it and free of secrets. */
export interface Notice {
  reason: DeliveryReason;
  /** Why now, in words: `new`, `raised from high to critical`, `2 new detections`. */
  why: string;
  /** The group's gravest incident; null for a digest. */
  incident: IncidentTold | null;
  /** The group's others, or what a digest held back: the gravest, and how many there are in all. */
  others: IncidentBrief[];
  otherCount: number;
  /** What the receiver knows after this of every incident that it is about. */
  told: Told[];
  group: string;
  /** What is new since the group was last told; all of them the first time. */
  news: FindingSummary[];
  /** Where the incident can be seen; empty when the console has no address. */
  link: string;
  /** Present on demands to revoke. */
  order: RevocationOrder | null;
  /** What a Revoke button would hit; null when revocation is off or nothing is known. */
  blast: BlastRadius | null;
}

/** One attempt to deliver a notice. */
export interface Attempt {
  /** The delivery's id: the same on every attempt. */
  id: string;
  notice: Notice;
  /** What the receiver called the group's first message; empty when there was none. */
  thread: string;
  /** Counting from 1. */
  number: number;
  /** An earlier attempt may have succeeded without our knowing (a crash, a time-out). */
  uncertain: boolean;
  /** Epoch ms. */
  at: number;
  /** When the delivery was made, epoch ms: what its content may say of time. */
  queuedAt: number;
  /** Aborted at the receiver's time-out and when the stage stops. */
  signal: AbortSignal;
}

/** One configured receiver, ready to send. */
export interface Notifier {
  send(attempt: Attempt): Promise<Outcome>;
  close(): Promise<void>;
}

export interface NotifierOptions<T extends ReceiverType> {
  name: string;
  receiver: ReceiverOf<T>;
  /** Whether messages may offer buttons: somebody listens to them. */
  buttons: boolean;
}

/** A way of telling: one folder, one line in `registry.ts`. */
export interface NotifierKind<T extends ReceiverType> {
  type: T;
  /** Changes the message that it sent before, so that small changes disturb nobody. */
  inPlace: boolean;
  /** Least time between two attempts, ms; one at a time where it is above zero. */
  spacing: number;
  create(options: NotifierOptions<T>): Notifier;
}
