import type { AuditRecord } from '../model/audit.ts';
import type { Delivery } from '../model/delivery.ts';
import type { IncidentEvent } from '../model/incident-event.ts';

/** What happens to an incident without anybody deciding it. */
const NO_DECISION = new Set(['finding_added', 'member_added', 'saturated', 'notified']);

/** The decisions among events, as the audit chain keeps them. */
export function auditOfEvents(events: readonly IncidentEvent[]): AuditRecord[] {
  return events
    .filter((event) => !NO_DECISION.has(event.kind))
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
