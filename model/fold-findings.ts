import { correlate } from './correlate.ts';
import type { Finding } from './finding.ts';
import { entityKeyOf, fold } from './incident.ts';
import type { Incident } from './incident.ts';
import type { IncidentEvent } from './incident-event.ts';

export interface FoldOptions {
  /**
   * An incident that has been quiet for so long, ms, counts as closed, because in a backtest nobody
   * is there to close it; a later finding on the same entity opens another.
   */
  mergeWithin: number;
}

interface Current {
  events: IncidentEvent[];
  incident: Incident;
}

function closing({ incident }: Current, mergeWithin: number): IncidentEvent {
  return {
    id: `${incident.id}:quiet`,
    incidentId: incident.id,
    at: incident.updatedAt + mergeWithin,
    actor: 'program:backtest',
    kind: 'resolved',
    reason: 'quiet',
  };
}

/**
 * The incidents that findings fold into when nobody intervenes, by the rules that run live.
 *
 * @param findings in order of `detectedAt`
 * @returns one incident each, in order of opening
 */
export function foldFindings(findings: Iterable<Finding>, options: FoldOptions): Incident[] {
  const latest = new Map<string, Current>();
  const done: Incident[] = [];
  const rules = { reopenWithin: 0, falsePositiveFor: 0 };
  for (const finding of findings) {
    const key = entityKeyOf(finding);
    let current = latest.get(key);
    if (current !== undefined) {
      const quiet = finding.detectedAt - current.incident.updatedAt;
      if (quiet > options.mergeWithin) {
        const events = [...current.events, closing(current, options.mergeWithin)];
        current = { events, incident: fold(events) };
      }
    }
    const added = correlate(current?.incident ?? null, finding, rules);
    const [first] = added;
    if (first === undefined) continue;
    const isNew = current === undefined || first.incidentId !== current.incident.id;
    if (isNew && current !== undefined) done.push(current.incident);
    const events = isNew ? added : [...(current?.events ?? []), ...added];
    latest.set(key, { events, incident: fold(events) });
  }
  for (const { incident } of latest.values()) done.push(incident);
  return done.sort((a, b) => a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1));
}
