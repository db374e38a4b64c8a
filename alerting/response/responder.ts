import type { AlertingConfig } from '../../config/alerting.ts';
import { isResponder } from '../../config/receivers.ts';
import type { BlastRadius } from '../../model/blast-radius.ts';
import type { Delivery } from '../../model/delivery.ts';
import type { Incident } from '../../model/incident.ts';
import type { IncidentChange, IncidentEvent } from '../../model/incident-event.ts';
import type { Db } from '../../store/db.ts';
import { listDeliveries } from '../../store/deliveries/deliveries.ts';
import { readEvents } from '../../store/incidents/events.ts';
import { readRevocationStop } from '../../store/responses/stop.ts';
import type { LiveIncidents } from '../incidents/live.ts';
import type { Notice } from '../notifier.ts';
import { deliveryId, tellable } from '../routing/notice.ts';
import { autoApproves, haltOf, refusalOf } from './policy.ts';
import type { RevocationFacts } from './policy.ts';

const HOUR = 3_600_000;
const POLICY = 'program:policy';

export interface ResponderOptions {
  db: Db;
  config: AlertingConfig;
  live: LiveIncidents;
  consoleUrl: string;
  blastOf: (incident: Incident) => BlastRadius | null;
  enqueue: (deliveries: readonly Delivery[]) => Promise<void>;
}

interface Actors {
  requestedBy: string;
  approvedBy: string;
  /** The approval's event id. */
  approval: string;
  reason: string;
}

/** Who asked and who approved last. */
function actorsOf(events: readonly IncidentEvent[]): Actors {
  const request = events.findLast((event) => event.kind === 'response_requested');
  const approval = events.findLast(
    (event) => event.kind === 'response_approved' && event.at >= (request?.at ?? 0),
  );
  return {
    requestedBy: request?.actor ?? '',
    approvedBy: approval?.actor ?? '',
    approval: approval?.id ?? '',
    reason: request?.kind === 'response_requested' ? request.reason : '',
  };
}

/** Carries revocations from demand to demand-sent; every step is an event on the incident. */
export class Responder {
  readonly #options: ResponderOptions;
  readonly #receivers: { name: string; type: string }[];
  /** Incidents and times of what a dry run would have revoked: the cap counts them. */
  #dry: { incident: string; at: number }[] = [];

  constructor(options: ResponderOptions) {
    this.#options = options;
    const { receivers, revocation } = options.config;
    this.#receivers = Object.entries(receivers)
      .filter(([, receiver]) => isResponder(receiver))
      .filter(([name]) => revocation.receivers.length === 0 || revocation.receivers.includes(name))
      .map(([name, { type }]) => ({ name, type }));
  }

  /** Looks at incidents that are new or have changed, and does what their state asks for. */
  async handle(incidents: readonly Incident[], now: number): Promise<Incident[]> {
    const changed: Incident[] = [];
    for (const incident of incidents) {
      const events = await this.#next(incident, now);
      if (events.length > 0) changed.push(...(await this.#options.live.append(events)));
    }
    return changed;
  }

  async #next(incident: Incident, now: number): Promise<IncidentEvent[]> {
    const { revocation: policy } = this.#options.config;
    if (incident.response === 'none' && autoApproves(policy, incident)) {
      const reason = `policy: ${incident.severity}, ${incident.detections.join(', ')}`;
      return [
        event(incident, 'auto', POLICY, now, {
          kind: 'response_requested',
          response: 'revocation',
          reason,
        }),
      ];
    }
    if (incident.response !== 'requested' && incident.response !== 'approved') return [];
    const events = await readEvents(this.#options.db, incident.id);
    const actors = actorsOf(events);
    // Its way is the outbox's; what may still stop it is asked before each attempt.
    if (incident.response === 'approved' && (await this.#isOrdered(actors))) return [];
    const refusal = refusalOf(policy, incident, await this.#facts(incident, actors, now));
    const step = String(incident.version);
    if (refusal !== null) return [refused(incident, step, now, refusal)];
    if (incident.response === 'requested')
      return this.#approve(incident, actors.requestedBy, step, now);
    if (policy.dry_run) {
      this.#dry.push({ incident: incident.id, at: now });
      return [refused(incident, step, now, 'dry run: it would have been revoked now')];
    }
    await this.#order(incident, actors, now);
    return [];
  }

  /** Who may revoke alone approves by asking; with a second person, that one's event is waited for. */
  #approve(incident: Incident, requestedBy: string, step: string, now: number): IncidentEvent[] {
    const alone = requestedBy === POLICY || !this.#options.config.revocation.second_person;
    if (!alone) return [];
    return [
      event(incident, `approved:${step}`, requestedBy, now, {
        kind: 'response_approved',
        response: 'revocation',
      }),
    ];
  }

  async #facts(incident: Incident, actors: Actors, now: number): Promise<RevocationFacts> {
    const { db } = this.#options;
    const [stop, sent] = await Promise.all([
      readRevocationStop(db),
      listDeliveries(db, { reasons: ['revocation'], since: now - HOUR, limit: 1_000 }),
    ]);
    this.#dry = this.#dry.filter(({ at }) => Math.abs(now - at) < HOUR);
    const others = new Set([
      ...sent.map((delivery) => delivery.incidentId),
      ...this.#dry.map((one) => one.incident),
    ]);
    others.delete(incident.id);
    return {
      stopped: stop.stopped,
      lastHour: others.size,
      receivers: this.#receivers.length,
      requestedBy: actors.requestedBy,
      approvedBy: actors.approvedBy,
    };
  }

  #orderId(receiver: string, { approval }: Actors): string {
    return deliveryId(['revocation', receiver, approval]);
  }

  async #isOrdered(actors: Actors): Promise<boolean> {
    const ids = this.#receivers.map(({ name }) => this.#orderId(name, actors));
    return (await listDeliveries(this.#options.db, { ids })).length > 0;
  }

  /** Sends the demand to every responder, once for each approval. */
  async #order(incident: Incident, actors: Actors, now: number): Promise<void> {
    const deliveries = this.#receivers.map(({ name, type }): Delivery => {
      const id = this.#orderId(name, actors);
      const notice = this.#notice(incident, actors);
      return {
        ...{ id, version: 1, incidentId: incident.id, receiver: name, notifier: type },
        ...{ reason: 'revocation', state: 'pending', attempts: 0, createdAt: now, updatedAt: now },
        ...{ nextAttemptAt: now, remoteRef: '', lastError: '' },
        payload: notice as unknown as Delivery['payload'],
      };
    });
    await this.#options.enqueue(deliveries);
  }

  #notice(incident: Incident, actors: Actors): Notice {
    const { consoleUrl, blastOf } = this.#options;
    const blast = blastOf(incident);
    return {
      ...{ reason: 'revocation', why: actors.reason, incident: tellable(incident) },
      ...{
        others: [],
        otherCount: 0,
        told: [],
        group: `revocation:${incident.id}`,
        news: [],
        blast,
      },
      link: consoleUrl === '' ? '' : `${consoleUrl}/incidents/${incident.id}`,
      order: {
        tokenHash: incident.tokenHash,
        tokenId: blast?.tokenId ?? '',
        clientId: incident.clientId,
        reason: actors.reason,
        incidentId: incident.id,
        requestedBy: actors.requestedBy,
        approvedBy: actors.approvedBy,
        blast,
      },
    };
  }

  /**
   * Why a demand that waits in the outbox must not go out any more, in words; null when it may. The
   * stop, the lists and the verdict may have changed since it was approved.
   */
  async halt(delivery: Delivery): Promise<string | null> {
    const { db, config, live } = this.#options;
    const stop = await readRevocationStop(db);
    const { incident: told } = delivery.payload as unknown as Notice;
    const incident = live.byId.get(delivery.incidentId) ?? told;
    return incident === null ? null : haltOf(config.revocation, incident, stop.stopped);
  }

  /** What the end of a demand's delivery means for its incident. */
  ended(delivery: Delivery, now: number): IncidentEvent[] {
    const incident = this.#options.live.byId.get(delivery.incidentId);
    if (incident === undefined || delivery.reason !== 'revocation') return [];
    const name = `${delivery.id}:${String(delivery.version)}`;
    if (delivery.state === 'sent') {
      return [
        event(incident, `sent:${name}`, 'program:alerting', now, {
          kind: 'response_sent',
          response: 'revocation',
        }),
      ];
    }
    const reason = `${delivery.receiver}: ${delivery.lastError}`;
    // One issuer took it: the token is watched, whatever another one says.
    const change: IncidentChange = ['sent', 'confirmed'].includes(incident.response)
      ? { kind: 'commented', text: `The revocation failed at ${reason}` }
      : { kind: 'response_failed', response: 'revocation', reason };
    return [event(incident, `failed:${name}`, 'program:alerting', now, change)];
  }
}

/**
 * A step on an incident. It follows what it was decided on, even where the clock of whoever asked is
 * ahead of this one: the fold goes by time.
 */
function event(
  incident: Pick<Incident, 'id' | 'updatedAt'>,
  name: string,
  actor: string,
  now: number,
  change: IncidentChange,
): IncidentEvent {
  const at = Math.max(now, incident.updatedAt + 1);
  return { id: `${incident.id}:response:${name}`, incidentId: incident.id, at, actor, ...change };
}

function refused(incident: Incident, step: string, at: number, reason: string): IncidentEvent {
  const change: IncidentChange = { kind: 'response_refused', response: 'revocation', reason };
  return event(incident, `refused:${step}`, 'program:alerting', at, change);
}
