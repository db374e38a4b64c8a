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
import { autoApproves, refusalOf } from './policy.ts';
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

/** Who asked and who approved last, and the approval's event id. */
function actorsOf(events: readonly IncidentEvent[]): {
  requestedBy: string;
  approvedBy: string;
  approval: string;
  reason: string;
} {
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
    const refusal = refusalOf(policy, incident, await this.#facts(actors, now));
    const step = String(incident.version);
    if (refusal !== null) return [refused(incident, step, now, refusal)];
    if (incident.response === 'requested')
      return this.#approve(incident, actors.requestedBy, step, now);
    if (policy.dry_run)
      return [refused(incident, step, now, 'dry run: it would have been revoked now')];
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

  async #facts(
    actors: { requestedBy: string; approvedBy: string },
    now: number,
  ): Promise<RevocationFacts> {
    const { db } = this.#options;
    const [stop, sent] = await Promise.all([
      readRevocationStop(db),
      listDeliveries(db, { reasons: ['revocation'], since: now - HOUR, limit: 1_000 }),
    ]);
    return {
      stopped: stop.stopped,
      lastHour: new Set(sent.map((delivery) => delivery.incidentId)).size,
      receivers: this.#receivers.length,
      requestedBy: actors.requestedBy,
      approvedBy: actors.approvedBy,
    };
  }

  /** Sends the demand to every responder, once for each approval. */
  async #order(
    incident: Incident,
    actors: { requestedBy: string; approvedBy: string; approval: string; reason: string },
    now: number,
  ): Promise<void> {
    const deliveries = this.#receivers.map(({ name, type }): Delivery => {
      const id = deliveryId(['revocation', name, actors.approval]);
      const notice = this.#notice(incident, actors);
      return {
        ...{ id, version: 1, incidentId: incident.id, receiver: name, notifier: type },
        ...{ reason: 'revocation', state: 'pending', attempts: 0, createdAt: now, updatedAt: now },
        ...{ nextAttemptAt: now, remoteRef: '', lastError: '' },
        payload: notice as unknown as Delivery['payload'],
      };
    });
    const known = await listDeliveries(this.#options.db, { ids: deliveries.map(({ id }) => id) });
    const ids = new Set(known.map(({ id }) => id));
    await this.#options.enqueue(deliveries.filter(({ id }) => !ids.has(id)));
  }

  #notice(
    incident: Incident,
    actors: { requestedBy: string; approvedBy: string; reason: string },
  ): Notice {
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
    return [
      event(incident, `failed:${name}`, 'program:alerting', now, {
        kind: 'response_failed',
        response: 'revocation',
        reason,
      }),
    ];
  }
}

function event(
  incident: Incident,
  name: string,
  actor: string,
  at: number,
  change: IncidentChange,
): IncidentEvent {
  return { id: `${incident.id}:response:${name}`, incidentId: incident.id, at, actor, ...change };
}

function refused(incident: Incident, step: string, at: number, reason: string): IncidentEvent {
  const change: IncidentChange = { kind: 'response_refused', response: 'revocation', reason };
  return event(incident, `refused:${step}`, 'program:alerting', at, change);
}
