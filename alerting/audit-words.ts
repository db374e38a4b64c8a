import type { AuditRecord } from '../model/audit.ts';
import type { Delivery } from '../model/delivery.ts';
import type { IncidentEvent } from '../model/incident-event.ts';

/** Which events are decisions; the others happen to an incident without anybody deciding. */
const IS_DECISION: Record<IncidentEvent['kind'], boolean> = {
  ...{ finding_added: false, member_added: false, saturated: false, notified: false },
  ...{ opened: true, joined: true, acknowledged: true, assigned: true, commented: true },
  ...{ resolved: true, false_positive: true, reopened: true, silenced: true },
  ...{ response_requested: true, response_approved: true, response_refused: true },
  ...{ response_sent: true, response_confirmed: true, response_failed: true },
};

/** The kinds of events that the audit chain keeps. */
export const DECISIONS = (Object.keys(IS_DECISION) as IncidentEvent['kind'][]).filter(
  (kind) => IS_DECISION[kind],
);

/** The decisions among events, as the audit chain keeps them. */
export function auditOfEvents(events: readonly IncidentEvent[]): AuditRecord[] {
  return events
    .filter((event) => IS_DECISION[event.kind])
    .map((event) => ({
      actor: event.actor,
      action: `incident.${event.kind}`,
      subject: `incident:${event.incidentId}`,
      detail: {
        event: event.id,
        ...('reason' in event ? { reason: event.reason } : {}),
        ...('campaign' in event && typeof event.campaign === 'string'
          ? { campaign: event.campaign }
          : {}),
        ...(event.kind === 'silenced' ? { silence: event.silence, until: event.until } : {}),
        ...(event.kind === 'response_confirmed'
          ? { last_accepted: event.lastAcceptedAt ?? 0 }
          : {}),
      },
    }));
}

/** How telling somebody ended. */
export function auditOfDelivery(delivery: Delivery): AuditRecord {
  const { id, state, receiver, reason, attempts, lastError, incidentId } = delivery;
  return {
    actor: 'program:alerting',
    action: `delivery.${state}`,
    subject: `delivery:${id}`,
    detail: { receiver, reason, attempts, error: lastError, incident: incidentId },
  };
}
