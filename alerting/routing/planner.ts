import type { Delivery, DeliveryReason } from '../../model/delivery.ts';
import type { Incident } from '../../model/incident.ts';
import type { BlastRadius } from '../../model/blast-radius.ts';
import type { Notice } from '../notifier.ts';
import { CapWindow } from './caps.ts';
import type { Cap, CapLane } from './caps.ts';
import { decide, toldOf } from './decide.ts';
import type { Decision } from './decide.ts';
import { Groups } from './groups.ts';
import type { Group } from './groups.ts';
import { labelsOf } from '../../model/incident-match.ts';
import { byGravity, deliveryId, digestOf, noticeOf } from './notice.ts';
import type { Quiet } from './quiet.ts';
import type { Destination, RoutingTree } from './tree.ts';

/** How long a storm is gathered before its first digest leaves, and how often held groups are looked at, ms. */
const DIGEST_WAIT = 10_000;
const HELD_LOOK = 2_000;
/** How many incidents one digest speaks for; the rest comes in the next. */
const DIGEST_SIZE = 2_000;

/** What the planner must know of a receiver. */
export interface PlannedReceiver {
  notifier: string;
  inPlace: boolean;
  cap: Cap;
}

export interface PlannerOptions {
  tree: RoutingTree;
  receivers: ReadonlyMap<string, PlannedReceiver>;
  quiet: Quiet;
  consoleUrl: string;
  /** What a Revoke button would hit, as far as it is known already; null offers no button. */
  blastOf: (incident: Incident) => BlastRadius | null;
  /** Called with each decision's reason, for counters. */
  onDecision?: (reason: string) => void;
}

interface Candidate {
  group: Group;
  to: Destination;
  incidents: Incident[];
  decision: Decision & { kind: 'tell' };
}

interface Lane {
  window: CapWindow;
  cap: Cap;
  heldBack: Map<string, Incident>;
  heldSince: number;
  digestAt: number;
}

/** Updates and closings are replies in a conversation that is there already. */
function capLane(reason: DeliveryReason, critical: boolean): CapLane {
  if (reason === 'update' || reason === 'closed') return 'reply';
  return critical ? 'critical' : 'usual';
}

/**
 * Decides who is told what and when. It compares what every receiver was told with how incidents
 * are now, so it may be stopped anywhere and begun again from the kept deliveries.
 */
export class Planner {
  readonly #options: PlannerOptions;
  readonly #lanes: Map<string, Lane>;
  readonly groups = new Groups();

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#lanes = new Map(
      [...options.receivers].map(([name, { cap }]) => [
        name,
        { window: new CapWindow(cap), cap, heldBack: new Map(), heldSince: 0, digestAt: -Infinity },
      ]),
    );
  }

  /** Puts an incident that is new or has changed where its routes tell it. */
  place(incident: Incident): void {
    for (const destination of this.#options.tree.destinations(labelsOf(incident))) {
      this.groups.place(destination, incident);
    }
    for (const group of this.groups.of(incident.id)) group.idleUntil = 0;
  }

  /** A delivery has ended: its group may be told again. */
  finished(delivery: Delivery): void {
    const { group: key } = delivery.payload as unknown as Notice;
    const group = this.groups.get(key);
    if (group?.pending !== delivery.id) return;
    group.pending = null;
    group.idleUntil = 0;
    if (delivery.state === 'sent' && delivery.remoteRef !== '') group.thread = delivery.remoteRef;
  }

  /** What a receiver calls a group's conversation; empty when it has no name for it. */
  threadOf(key: string): string {
    return this.groups.get(key)?.thread ?? '';
  }

  /** Deliveries that are due at `now` (epoch ms), gravest first; to be kept before they are tried. */
  plan(incidents: ReadonlyMap<string, Incident>, now: number): Delivery[] {
    const candidates: Candidate[] = [];
    for (const group of this.groups.values()) {
      if (group.pending !== null || group.idleUntil > now) continue;
      const candidate = this.#consider(group, incidents, now);
      if (candidate !== null) candidates.push(candidate);
    }
    candidates.sort((a, b) => byGravity(gravestOf(a.incidents), gravestOf(b.incidents)));
    const deliveries = candidates.flatMap((candidate) => this.#admit(candidate, now) ?? []);
    return [...deliveries, ...this.#digests(now)];
  }

  #consider(group: Group, incidents: ReadonlyMap<string, Incident>, now: number): Candidate | null {
    const to = group.destination;
    const receiver = to === null ? undefined : this.#options.receivers.get(to.receiver);
    if (to === null || receiver === undefined) return null;
    const members = [...group.incidents].flatMap((id) => incidents.get(id) ?? []);
    const free = members.filter((incident) => !this.#isHeld(incident, group, to, now));
    const held = free.length < members.length;
    const inPlace = receiver.inPlace && group.thread !== '';
    const decision = decide(group, free, to, inPlace, now);
    if (decision.kind === 'tell') {
      // What is over needs no word in a conversation that begins.
      const begins = decision.reason === 'first';
      const told = begins ? free.filter((incident) => incident.closedAt === 0) : free;
      return { group, to, incidents: told, decision };
    }
    const next = decision.kind === 'wait' ? decision.at : Infinity;
    group.idleUntil = held ? Math.min(next, now + HELD_LOOK) : next;
    return null;
  }

  #isHeld(incident: Incident, group: Group, to: Destination, now: number): boolean {
    const reason = this.#options.quiet.hold(incident, to, now);
    if (reason === null) return false;
    // What was told before is followed to its end: that it joined a campaign, that it was closed.
    const told = group.told.has(incident.id);
    return !(told && (reason.startsWith('campaign') || incident.closedAt !== 0));
  }

  /** A delivery, unless the receiver's cap holds it back. */
  #admit(candidate: Candidate, now: number): Delivery | null {
    const { group, to, incidents, decision } = candidate;
    const gravest = gravestOf(incidents);
    const lane = this.#lanes.get(to.receiver);
    if (lane !== undefined && this.#isLoud(candidate)) {
      const kind = capLane(decision.reason, gravest.severity === 'critical');
      if (!lane.window.take(kind, now)) {
        this.#holdBack(lane, candidate, gravest, now);
        group.idleUntil = lane.window.freeAt(kind, now);
        return null;
      }
    }
    this.#options.onDecision?.(decision.reason);
    lane?.heldBack.delete(group.key);
    const notice = noticeOf({
      ...{
        reason: decision.reason,
        why: decision.why,
        group: group.key,
        incidents,
        before: group.told,
      },
      ...{ consoleUrl: this.#options.consoleUrl, blast: this.#options.blastOf(gravest) },
    });
    const delivery = this.#delivery(to.receiver, gravest.id, notice, now, [
      ...[group.key, decision.reason],
      ...notice.told.map(({ id }) => id),
      // The first telling is the same whatever the incident has grown to meanwhile.
      ...(decision.reason === 'first' ? [] : incidents.map(({ version }) => version)),
      ...(decision.reason === 'repeat' ? [group.toldAloudAt] : []),
    ]);
    group.pending = delivery.id;
    if (decision.reason === 'first') group.thread = '';
    this.#note(group, incidents, decision.aloud, now);
    return delivery;
  }

  #note(group: Group, incidents: readonly Incident[], aloud: boolean, now: number): void {
    for (const incident of incidents) group.told.set(incident.id, toldOf(incident));
    group.toldAt = now;
    if (aloud) group.toldAloudAt = now;
  }

  /** Whether it disturbs: a change of a message that is there already does not. */
  #isLoud({ group, to, decision }: Candidate): boolean {
    const inPlace = this.#options.receivers.get(to.receiver)?.inPlace === true;
    const follows = decision.reason === 'update' || decision.reason === 'closed';
    return decision.aloud && !(follows && inPlace && group.thread !== '');
  }

  #holdBack(
    lane: Lane,
    { group, incidents, decision }: Candidate,
    gravest: Incident,
    now: number,
  ): void {
    this.#options.onDecision?.('held back');
    if (decision.reason === 'closed') this.#note(group, incidents, false, now);
    if (decision.reason !== 'first' || incidents.length !== 1) return;
    if (lane.heldBack.size === 0) lane.heldSince = now;
    lane.heldBack.set(group.key, gravest);
  }

  /** Remembers when a receiver was disturbed lately: a restart does not begin its cap anew. */
  recall(delivery: Delivery): void {
    const lane = this.#lanes.get(delivery.receiver);
    const { reason, incident } = delivery.payload as unknown as Notice;
    if (reason === 'digest' && lane !== undefined)
      lane.digestAt = Math.max(lane.digestAt, delivery.createdAt);
    const kind = capLane(reason, incident?.severity === 'critical');
    const inPlace = this.#options.receivers.get(delivery.receiver)?.inPlace === true;
    if (reason !== 'digest' && !(kind === 'reply' && inPlace))
      lane?.window.note(kind, delivery.createdAt);
  }

  /** One message a receiver for all that its cap holds back, at most once a period. */
  #digests(now: number): Delivery[] {
    const deliveries: Delivery[] = [];
    for (const [receiver, lane] of this.#lanes) {
      lane.heldSince = Math.min(lane.heldSince, now);
      lane.digestAt = Math.min(lane.digestAt, now);
      const due = Math.max(lane.heldSince + DIGEST_WAIT, lane.digestAt + lane.cap.per);
      if (lane.heldBack.size === 0 || now < due) continue;
      const told = [...lane.heldBack].slice(0, DIGEST_SIZE);
      const notice = digestOf(new Map(told), `digest:${receiver}`, this.#options.consoleUrl);
      const ids = told.map(([, { id }]) => id).sort();
      deliveries.push(this.#delivery(receiver, '', notice, now, ['digest', receiver, ...ids]));
      for (const [key, incident] of told) {
        lane.heldBack.delete(key);
        const group = this.groups.get(key);
        if (group === undefined) continue;
        this.#note(group, [incident], true, now);
        group.told.set(incident.id, { ...toldOf(incident), digest: key });
      }
      lane.digestAt = now;
      lane.heldSince = now;
      this.#options.onDecision?.('digest');
    }
    return deliveries;
  }

  #delivery(
    receiver: string,
    incidentId: string,
    notice: Notice,
    now: number,
    parts: readonly (string | number)[],
  ): Delivery {
    return {
      ...{ id: deliveryId(parts), version: 1, incidentId, receiver },
      notifier: this.#options.receivers.get(receiver)?.notifier ?? '',
      ...{ reason: notice.reason, state: 'pending', attempts: 0 },
      ...{ createdAt: now, updatedAt: now, nextAttemptAt: now, remoteRef: '', lastError: '' },
      payload: notice as unknown as Delivery['payload'],
    };
  }
}

function gravestOf(incidents: readonly Incident[]): Incident {
  const [gravest] = [...incidents].sort(byGravity);
  if (gravest === undefined) throw new RangeError('a candidate has at least one incident');
  return gravest;
}
