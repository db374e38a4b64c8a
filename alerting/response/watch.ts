import type { RevocationPolicy } from '../../config/revocation.ts';
import { findingId } from '../../model/finding.ts';
import type { Finding } from '../../model/finding.ts';
import type { Incident } from '../../model/incident.ts';
import type { IncidentChange, IncidentEvent } from '../../model/incident-event.ts';
import type { Db } from '../../store/db.ts';
import { writeFindings } from '../../store/findings/findings.ts';
import { readAcceptedCalls } from '../../store/responses/watch.ts';
import type { AcceptedCalls } from '../../store/responses/watch.ts';
import { momentWords, spanWords } from '../words.ts';

/** How often a token is looked at while it is watched, ms. */
const LOOK_EVERY = 2_000;
/** How far before the revocation its last accepted call is looked for, ms. */
const LOOK_BACK = 7 * 86_400_000;

/** What a look at a revoked token's calls says: it is dead, it is not, or it is too early. */
export type WatchResult = 'wait' | 'contained' | 'still accepted';

/**
 * Judges a revoked token by its calls.
 *
 * @param sentAt when the issuer took the demand, epoch ms
 * @param lastAccepted event time of the last accepted call since, 0 for none
 */
export function judge(
  policy: Pick<RevocationPolicy, 'grace' | 'watch'>,
  sentAt: number,
  lastAccepted: number,
  now: number,
): WatchResult {
  if (lastAccepted > sentAt + policy.grace) return 'still accepted';
  return now >= sentAt + policy.grace + policy.watch ? 'contained' : 'wait';
}

/** The critical finding that a revocation did not hold. */
function findingOf(incident: Incident, calls: AcceptedCalls, grace: number, now: number): Finding {
  const { sentAt } = incident.containment;
  return {
    id: findingId(['lifecycle.revoked-accepted', incident.tokenHash, sentAt]),
    detection: 'lifecycle.revoked-accepted',
    family: 'lifecycle',
    title: 'Revoked, yet accepted',
    severity: 'critical',
    score: 99,
    bits: 60,
    entity: 'token',
    tokenHash: incident.tokenHash,
    clientId: incident.clientId,
    service: calls.service,
    environment: calls.environment,
    windowStart: sentAt,
    windowEnd: calls.last + 1,
    firstCallAt: calls.first,
    detectedAt: now,
    calls: calls.calls,
    explanation:
      `The issuer took the revocation at ${momentWords(sentAt)}, yet ${calls.service} accepted a call ` +
      `${spanWords(calls.last - sentAt)} later; it should have stopped within ${spanWords(grace)}.`,
    evidence: {
      seen: calls.calls,
      usual: 'none after the grace period',
      threshold: 0,
      unit: 'accepted calls since the revocation',
      facts: { service: calls.service, environment: calls.environment },
    },
  };
}

/** Watches revoked tokens until they are seen to be dead, or not. */
export class Watch {
  readonly #db: Db;
  readonly #policy: RevocationPolicy;
  #lookedAt = 0;

  constructor(db: Db, policy: RevocationPolicy) {
    this.#db = db;
    this.#policy = policy;
  }

  /** Looks at every token whose revocation was sent; what it found is events, and a finding kept. */
  async look(incidents: Iterable<Incident>, now: number): Promise<IncidentEvent[]> {
    if (Math.abs(now - this.#lookedAt) < LOOK_EVERY) return [];
    this.#lookedAt = now;
    const events: IncidentEvent[] = [];
    for (const incident of incidents) {
      if (incident.response !== 'sent' || incident.tokenHash === '') continue;
      const { sentAt } = incident.containment;
      const calls = await readAcceptedCalls(this.#db, incident.tokenHash, sentAt);
      const result = judge(this.#policy, sentAt, calls.last, now);
      if (result === 'wait') continue;
      if (calls.last === 0) calls.last = await this.#lastBefore(incident, sentAt);
      if (result === 'still accepted') {
        await writeFindings(this.#db, [findingOf(incident, calls, this.#policy.grace, now)]);
      }
      events.push(eventOf(incident, result, calls, now));
    }
    return events;
  }

  /** The last accepted call where none came after the revocation, 0 when there was none lately. */
  async #lastBefore(incident: Incident, sentAt: number): Promise<number> {
    const since = Math.max(incident.firstCallAt, sentAt - LOOK_BACK);
    return (await readAcceptedCalls(this.#db, incident.tokenHash, since)).last;
  }
}

function eventOf(
  incident: Incident,
  result: WatchResult,
  calls: AcceptedCalls,
  now: number,
): IncidentEvent {
  const at = Math.max(now, incident.updatedAt + 1);
  const change: IncidentChange =
    result === 'contained'
      ? { kind: 'response_confirmed', response: 'revocation', lastAcceptedAt: calls.last }
      : {
          ...{ kind: 'response_failed', response: 'revocation' },
          reason: `still accepted ${spanWords(calls.last - incident.containment.sentAt)} after the issuer took it`,
          lastAcceptedAt: calls.last,
        };
  const id = `${incident.id}:response:watched:${String(incident.containment.sentAt)}`;
  return { id, incidentId: incident.id, at, actor: 'program:alerting', ...change };
}
