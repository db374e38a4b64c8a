import { z } from 'zod';
import type { Incident } from '../../model/incident.ts';
import type { IncidentChange, IncidentEvent } from '../../model/incident-event.ts';
import type { AuditRecord } from '../../model/audit.ts';
import type { Problem } from './operation.ts';
import { refuse } from './operation.ts';

const reason = z.string().trim().max(2_000).default('');

/** What a person may do to an incident. */
export const transitionSchema = z.discriminatedUnion('action', [
  z.object({ action: z.literal('acknowledge') }),
  z.object({ action: z.literal('assign'), to: z.string().trim().max(200) }),
  z.object({ action: z.literal('comment'), text: z.string().trim().min(1).max(4_000) }),
  z.object({ action: z.literal('resolve'), reason }),
  z.object({ action: z.literal('false_positive'), reason }),
  z.object({ action: z.literal('reopen'), reason }),
]);

export type Transition = z.infer<typeof transitionSchema>;

/** What a transition changes, or why it does not apply to an incident as it stands. */
function changeOf(incident: Incident, transition: Transition): IncidentChange | Problem {
  const { status } = incident;
  switch (transition.action) {
    case 'acknowledge':
      if (status !== 'open') return conflict(status);
      return { kind: 'acknowledged' };
    case 'assign':
      return { kind: 'assigned', to: transition.to };
    case 'comment':
      return { kind: 'commented', text: transition.text };
    case 'resolve':
      if (status === 'resolved') return conflict(status);
      return { kind: 'resolved', reason: transition.reason };
    case 'false_positive':
      if (status === 'false_positive') return conflict(status);
      return { kind: 'false_positive', reason: transition.reason };
    case 'reopen':
      if (status === 'open') return conflict(status);
      return { kind: 'reopened', reason: transition.reason };
  }
}

function conflict(status: Incident['status']): Problem {
  return refuse(409, `The incident is ${status.replace('_', ' ')} already.`).problem;
}

/** Who does it and when; `id` is the new event's, one of a kind. */
export interface Doing {
  id: string;
  actor: string;
  /** Epoch ms. */
  at: number;
}

/** The event of a transition, or why there is none. */
export function transitionEvent(
  incident: Incident,
  transition: Transition,
  doing: Doing,
): IncidentEvent | Problem {
  const change = changeOf(incident, transition);
  if ('title' in change) return change;
  // Decided on what was seen, so it comes after it, even where another machine's clock is ahead.
  const at = Math.max(doing.at, incident.updatedAt + 1);
  return { id: doing.id, incidentId: incident.id, at, actor: doing.actor, ...change };
}

/** The decision as the audit chain keeps it. */
export function auditOfTransition(event: IncidentEvent): AuditRecord {
  return {
    actor: event.actor,
    action: `incident.${event.kind}`,
    subject: `incident:${event.incidentId}`,
    detail: {
      event: event.id,
      ...('reason' in event ? { reason: event.reason } : {}),
      ...('to' in event ? { to: event.to } : {}),
    },
  };
}
