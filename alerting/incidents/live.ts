import { correlate } from '../../model/correlate.ts';
import type { CorrelationOptions } from '../../model/correlate.ts';
import type { Finding } from '../../model/finding.ts';
import { entityKeyOf, entityKeyOfIncident, foldOnto, fold } from '../../model/incident.ts';
import type { Incident } from '../../model/incident.ts';
import type { IncidentEvent } from '../../model/incident-event.ts';
import type { Db } from '../../store/db.ts';
import { appendEvents, readIncidents } from '../../store/incidents/events.ts';
import { latestIncidents } from '../../store/incidents/snapshots.ts';

/** The incidents that are followed: those that are open, and those closed a short while ago. */
export class LiveIncidents {
  readonly #db: Db;
  readonly #correlation: CorrelationOptions;
  readonly #onAppended: (events: readonly IncidentEvent[]) => Promise<void>;
  #reported: Promise<unknown> = Promise.resolve();
  readonly byId = new Map<string, Incident>();
  /** The latest incident of each entity that is followed. */
  readonly #latest = new Map<string, string>();

  /** @param onAppended called with events once they are kept; must not reject */
  constructor(
    db: Db,
    correlation: CorrelationOptions,
    onAppended: (events: readonly IncidentEvent[]) => Promise<void>,
  ) {
    this.#db = db;
    this.#correlation = correlation;
    this.#onAppended = onAppended;
  }

  /** The entity's latest incident, if it is followed. */
  latest(key: string): Incident | undefined {
    return this.byId.get(this.#latest.get(key) ?? '');
  }

  /** Takes over states as folded from the store; an older one than is known is ignored. */
  adopt(incidents: readonly Incident[]): void {
    for (const incident of incidents) {
      if ((this.byId.get(incident.id)?.version ?? -1) > incident.version) continue;
      this.byId.set(incident.id, incident);
      const key = entityKeyOfIncident(incident);
      const known = this.latest(key);
      if (known === undefined || known.openedAt <= incident.openedAt)
        this.#latest.set(key, incident.id);
    }
  }

  /** Reads incidents anew, whoever changed them. */
  async refresh(ids: readonly string[]): Promise<Incident[]> {
    const incidents = await readIncidents(this.#db, ids);
    this.adopt(incidents);
    return incidents;
  }

  /** The entity's latest incident, followed or not; entities without one are absent. */
  async latestOf(keys: readonly string[]): Promise<Map<string, Incident>> {
    const unknown = [...new Set(keys)].filter((key) => !this.#latest.has(key));
    if (unknown.length > 0) {
      const rows = await latestIncidents(this.#db, unknown);
      await this.refresh([...rows.values()]);
    }
    const found = new Map<string, Incident>();
    for (const key of keys) {
      const incident = this.latest(key);
      if (incident !== undefined) found.set(key, incident);
    }
    return found;
  }

  /**
   * Folds findings into incidents and keeps what that changed.
   *
   * @returns the incidents that changed, as they are now
   */
  async take(findings: readonly Finding[]): Promise<Incident[]> {
    const current = await this.latestOf(findings.map(entityKeyOf));
    const events: IncidentEvent[] = [];
    for (const finding of findings) {
      const key = entityKeyOf(finding);
      const before = current.get(key) ?? null;
      const more = correlate(before, finding, this.#correlation);
      const [first] = more;
      if (first === undefined) continue;
      events.push(...more);
      const isNew = first.kind === 'opened' || before === null;
      current.set(key, isNew ? fold(more) : foldOnto(before, more));
    }
    return this.append(events);
  }

  /** Appends events and takes over what they made of their incidents. */
  async append(events: readonly IncidentEvent[]): Promise<Incident[]> {
    if (events.length === 0) return [];
    const changed = await appendEvents(this.#db, events);
    this.adopt(changed);
    this.#reported = Promise.all([this.#reported, this.#onAppended(events)]);
    return changed;
  }

  /** Resolves when `onAppended` has dealt with everything that was appended. */
  async settled(): Promise<void> {
    await this.#reported;
  }

  forget(id: string): void {
    const incident = this.byId.get(id);
    if (incident === undefined) return;
    this.byId.delete(id);
    const key = entityKeyOfIncident(incident);
    if (this.#latest.get(key) === id) this.#latest.delete(key);
  }
}
