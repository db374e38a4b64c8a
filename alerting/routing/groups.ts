import type { Delivery } from '../../model/delivery.ts';
import type { Incident } from '../../model/incident.ts';
import type { Notice } from '../notifier.ts';
import type { Told } from './decide.ts';
import type { Destination } from './tree.ts';

/** What one receiver is told in one conversation. */
export interface Group {
  key: string;
  /** Null for a group that is only remembered from its deliveries so far. */
  destination: Destination | null;
  incidents: Set<string>;
  since: number;
  told: Map<string, Told>;
  toldAt: number;
  toldAloudAt: number;
  /** The delivery that is on its way; nothing else is decided until it has ended. */
  pending: string | null;
  /** What the receiver calls the conversation; empty until it has a name for it. */
  thread: string;
  /** Nothing will change before this without a new event, epoch ms. */
  idleUntil: number;
}

/** A group's key holds the receiver and what the group has in common, never a route's place. */
export function groupKey(destination: Destination, incident: Incident): string {
  const values = destination.rule.groupBy.map((label) => {
    switch (label) {
      case 'incident':
        return incident.id;
      case 'client':
        return incident.clientId;
      case 'service':
        return incident.services.join(',');
      case 'environment':
        return incident.environments.join(',');
      case 'severity':
        return incident.severity;
    }
  });
  return JSON.stringify([destination.receiver, stepOf(destination), ...values]);
}

function stepOf({ escalateAfter }: Destination): string {
  return escalateAfter === null ? '' : String(escalateAfter);
}

/** True when a group tells the destination's receiver at its step, whatever it is grouped by. */
function isFor(key: string, destination: Destination): boolean {
  const [receiver, step] = JSON.parse(key) as [string, string];
  return receiver === destination.receiver && step === stepOf(destination);
}

/** The groups that are being told, and what each was told last. */
export class Groups {
  readonly #byKey = new Map<string, Group>();
  readonly #byIncident = new Map<string, Set<string>>();

  get size(): number {
    return this.#byKey.size;
  }

  values(): Iterable<Group> {
    return this.#byKey.values();
  }

  get(key: string): Group | undefined {
    return this.#byKey.get(key);
  }

  /** The groups that an incident is told in. */
  of(incidentId: string): Group[] {
    return [...(this.#byIncident.get(incidentId) ?? [])].flatMap(
      (key) => this.#byKey.get(key) ?? [],
    );
  }

  #ensure(key: string, since: number): Group {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const group: Group = {
      ...{
        key,
        destination: null,
        incidents: new Set<string>(),
        since,
        told: new Map<string, Told>(),
      },
      ...{ toldAt: 0, toldAloudAt: 0, pending: null, thread: '', idleUntil: 0 },
    };
    this.#byKey.set(key, group);
    return group;
  }

  #join(group: Group, incidentId: string): void {
    group.incidents.add(incidentId);
    const keys = this.#byIncident.get(incidentId);
    if (keys === undefined) this.#byIncident.set(incidentId, new Set([group.key]));
    else keys.add(group.key);
  }

  /**
   * Puts an incident where a destination tells it. It stays in the conversation in which it was told
   * first: services are added to it and its severity rises, and neither begins another one.
   */
  place(destination: Destination, incident: Incident): Group {
    const begun = this.of(incident.id).find((group) => isFor(group.key, destination));
    const group = begun ?? this.#ensure(groupKey(destination, incident), incident.openedAt);
    group.destination = destination;
    this.#join(group, incident.id);
    return group;
  }

  /** Remembers what a kept delivery told; in the order of their making. */
  restore(delivery: Delivery): void {
    const notice = delivery.payload as unknown as Notice;
    if (notice.reason === 'digest') {
      for (const told of notice.told)
        if (told.digest !== undefined) this.#recall(told.digest, [told], delivery.createdAt);
      return;
    }
    const group = this.#recall(notice.group, notice.told, delivery.createdAt);
    if (notice.reason === 'first') group.thread = '';
    if (delivery.remoteRef !== '') group.thread = delivery.remoteRef;
    if (delivery.state === 'pending') group.pending = delivery.id;
  }

  #recall(key: string, told: readonly Told[], at: number): Group {
    const group = this.#ensure(key, at);
    for (const one of told) {
      group.told.set(one.id, one);
      this.#join(group, one.id);
    }
    group.toldAt = Math.max(group.toldAt, at);
    group.toldAloudAt = group.toldAt;
    return group;
  }

  /** Drops an incident, and the groups that had nothing else. */
  forget(incidentId: string): void {
    for (const group of this.of(incidentId)) {
      group.incidents.delete(incidentId);
      group.told.delete(incidentId);
      if (group.incidents.size === 0) this.#byKey.delete(group.key);
    }
    this.#byIncident.delete(incidentId);
  }
}
