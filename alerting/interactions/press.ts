import { z } from 'zod';
import type { Incident } from '../../model/incident.ts';
import type { IncidentChange, IncidentEvent } from '../../model/incident-event.ts';
import { SEVERITIES } from '../../model/severity.ts';
import type { Silence } from '../../model/silence.ts';

/** How long the button Silence silences, ms. */
const SILENCE_FOR = 4 * 3_600_000;

/** What the stop says on the incident from which it was pressed. */
const STOPPED = 'All revocations are stopped until somebody lets them go on in the console.';

/** What a press of one of our buttons looks like, as far as it matters. */
const payloadSchema = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string().regex(/^[UW][A-Z0-9]{2,20}$/) }),
  actions: z
    .array(
      z.object({
        action_id: z.enum([
          'acknowledge',
          'false_positive',
          'resolve',
          'silence',
          'revoke',
          'stop',
          'open',
        ]),
        value: z.string().regex(/^[0-9a-f]{20}$/),
      }),
    )
    .min(1)
    .max(1),
});

export interface Press {
  /** One of a kind: the same press that comes again makes the same event, even after a restart. */
  key: string;
  user: string;
  action: z.infer<typeof payloadSchema>['actions'][number]['action_id'];
  incidentId: string;
}

/**
 * A press from Slack's form body, or null when it is none of ours.
 *
 * @param key names the request: its signature, hashed
 */
export function readPress(body: string, key: string): Press | null {
  const payload = new URLSearchParams(body).get('payload');
  if (payload === null) return null;
  let json: unknown;
  try {
    json = JSON.parse(payload);
  } catch {
    return null;
  }
  const parsed = payloadSchema.safeParse(json);
  const action = parsed.data?.actions[0];
  if (!parsed.success || action === undefined) return null;
  return { key, user: parsed.data.user.id, action: action.action_id, incidentId: action.value };
}

/** What a press does: an event on the incident, perhaps a silence; or why it does nothing. */
export type Effect =
  | { kind: 'change'; event: IncidentEvent; silence: Silence | null; stops: boolean }
  | { kind: 'nothing'; why: string };

function silenceFor(incident: Incident, id: string, owner: string, at: number): Silence {
  // Whoever silences what is high has not said that it may become critical unheard.
  const severity = SEVERITIES.slice(0, SEVERITIES.indexOf(incident.severity) + 1);
  const about =
    incident.entity === 'token' ? { token: incident.tokenHash } : { client: incident.clientId };
  const match = { ...about, severity: [...severity] };
  return {
    ...{ id, match, owner, comment: `from Slack, incident ${incident.id}` },
    ...{ createdAt: at, startsAt: at, endsAt: at + SILENCE_FOR },
  };
}

/** Who pressed: the person whose Slack user it is, or that user where nobody is named. */
export function actorOf(user: string, people: Readonly<Record<string, string>>): string {
  const person = people[user];
  return person === undefined ? `slack:${user}` : `person:${person}`;
}

/**
 * What pressing a button does to an incident.
 *
 * @param actor who pressed, see {@link actorOf}
 * @param now epoch ms
 */
export function effectOf(press: Press, actor: string, incident: Incident, now: number): Effect {
  const closed = incident.closedAt !== 0;
  // Decided on what was seen, so it comes after it, even where another machine's clock is ahead.
  const at = Math.max(now, incident.updatedAt + 1);
  const change = (what: IncidentChange, silence: Silence | null = null): Effect => ({
    kind: 'change',
    event: { id: `slack:${press.key}`, incidentId: incident.id, at, actor, ...what },
    silence,
    stops: press.action === 'stop',
  });
  if (press.action === 'open') return { kind: 'nothing', why: 'a link' };
  if (press.action === 'stop') return change({ kind: 'commented', text: STOPPED });
  if (closed) return { kind: 'nothing', why: `the incident is ${incident.status} already` };
  switch (press.action) {
    case 'acknowledge':
      if (incident.status !== 'open') return { kind: 'nothing', why: 'it is acknowledged already' };
      return change({ kind: 'acknowledged' });
    case 'false_positive':
      return change({ kind: 'false_positive', reason: 'said in Slack' });
    case 'resolve':
      return change({ kind: 'resolved', reason: 'said in Slack' });
    case 'revoke': {
      if (!['none', 'refused', 'failed', 'requested'].includes(incident.response)) {
        return { kind: 'nothing', why: `the revocation is ${incident.response} already` };
      }
      const reason = 'asked for in Slack';
      // A second press, by somebody else, approves what the first asked for.
      return incident.response === 'requested'
        ? change({ kind: 'response_approved', response: 'revocation' })
        : change({ kind: 'response_requested', response: 'revocation', reason });
    }
    case 'silence': {
      const silence = silenceFor(incident, `slack-${press.key}`, actor, at);
      return change({ kind: 'silenced', silence: silence.id, until: silence.endsAt }, silence);
    }
  }
}
