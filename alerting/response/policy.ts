import type { RevocationPolicy } from '../../config/revocation.ts';
import type { Incident } from '../../model/incident.ts';
import { atLeast } from '../../model/severity.ts';
import { fits, fitsAny } from '../../model/incident-match.ts';

/** What a revocation is judged by, beside the incident itself. */
export interface RevocationFacts {
  stopped: boolean;
  /** Other incidents whose tokens were revoked in the last hour. */
  lastHour: number;
  /** How many receivers could carry it out. */
  receivers: number;
  requestedBy: string;
  /** Empty until somebody approved. */
  approvedBy: string;
}

/** What forbids a revocation whoever approved it; in words, or null. Asked again before each attempt. */
export function haltOf(
  policy: RevocationPolicy,
  incident: Pick<Incident, 'tokenHash' | 'clientId' | 'status'>,
  stopped: boolean,
): string | null {
  if (policy.mode === 'off') return 'revocation is off (alerting.revocation.mode)';
  if (policy.never.tokens.includes(incident.tokenHash))
    return 'the token is on the list of those never to revoke';
  if (policy.never.clients.some((pattern) => fits(pattern, incident.clientId))) {
    return 'the client is on the list of those never to revoke';
  }
  if (incident.status === 'false_positive') return 'the incident was found a false positive';
  return stopped ? 'revocations are stopped for all' : null;
}

/** Why these two may be one and the same person, in words; null when they are two. */
function samePerson(one: string, other: string): string | null {
  if (one === other) return 'somebody else than who requested must approve';
  const inSlack = (actor: string): boolean => actor.startsWith('slack:');
  if (inSlack(one) === inSlack(other)) return null;
  // A Slack user whose name is not configured could be anybody.
  return `${inSlack(one) ? one : other} may be the same person; name them in alerting.interactions.people`;
}

/** Why this must not be revoked, in words; null when nothing speaks against it. */
export function refusalOf(
  policy: RevocationPolicy,
  incident: Incident,
  facts: RevocationFacts,
): string | null {
  const halt = haltOf(policy, incident, facts.stopped);
  if (halt !== null) return halt;
  if (facts.receivers === 0) return 'no receiver of type revocation or caep is configured';
  if (incident.entity !== 'token' || incident.tokenHash === '')
    return 'the incident is about no single token';
  if (facts.lastHour >= policy.hourly_cap) {
    return `the hourly cap of ${String(policy.hourly_cap)} revocations is reached`;
  }
  const { requestedBy, approvedBy } = facts;
  // What the policy itself asks for needs no person.
  const byPerson = approvedBy !== '' && !requestedBy.startsWith('program:');
  return policy.second_person && byPerson ? samePerson(requestedBy, approvedBy) : null;
}

/** True when the policy lets the program itself revoke: everything that `auto` asks for holds. */
export function autoApproves(policy: RevocationPolicy, incident: Incident): boolean {
  const { auto } = policy;
  const list = (patterns: string[]): string[] | undefined =>
    patterns.length === 0 ? undefined : patterns;
  return (
    policy.mode === 'auto' &&
    incident.entity === 'token' &&
    incident.status !== 'false_positive' &&
    incident.closedAt === 0 &&
    atLeast(incident.severity, auto.min_severity) &&
    incident.detections.length >= auto.min_detections &&
    fitsAny(list(auto.detections), incident.detections) &&
    fitsAny(list(auto.clients), [incident.clientId]) &&
    fitsAny(list(auto.environments), incident.environments)
  );
}
