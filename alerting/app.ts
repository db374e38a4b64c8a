import { LRUCache } from 'lru-cache';
import type { Delivery } from '../model/delivery.ts';
import type { Incident } from '../model/incident.ts';
import type { IncidentEvent } from '../model/incident-event.ts';
import { eventsWithoutAudit } from '../store/audit/missing.ts';
import { listDeliveries } from '../store/deliveries/deliveries.ts';
import { changedIncidents, latestChange } from '../store/incidents/events.ts';
import { repairSnapshots } from '../store/incidents/repair.ts';
import { listIncidents } from '../store/incidents/snapshots.ts';
import { readBlastRadius } from '../store/responses/blast-radius.ts';
import { listSilences } from '../store/silences/silences.ts';
import { DECISIONS, auditOfDelivery, auditOfEvents } from './audit-words.ts';
import type { Notice } from './notifier.ts';
import { campaignEvents } from './incidents/campaigns.ts';
import { assemble, recordSafely } from './parts.ts';
import type { AlertingOptions, Parts } from './parts.ts';

/** How long a closed incident is followed, ms: its closing has to be told, and it may reopen. */
const FOLLOW_CLOSED = 24 * 3_600_000;
/** How many incidents are followed; beyond it the longest unchanged are dropped until they change. */
const MAX_FOLLOWED = 20_000;
/** Rows are dated when their insert begins and seen when it ends: looks overlap by this, ms. */
const OVERLAP = 10_000;
const RESUME_EVERY = 5_000;
const REPAIR_EVERY = 30_000;
const SILENCES_EVERY = 2_000;
const AUDIT_EVERY = 60_000;
/** How long a decision may be on its way to the audit chain, and how far back a look goes, ms. */
const AUDIT_SETTLED = 30_000;
const AUDIT_BACK = 24 * 3_600_000;
const CHUNK = 1_000;

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_unused, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** The alerting stage without a timer: each `round` does everything that is due. */
export class Alerting {
  readonly #options: AlertingOptions;
  readonly #parts: Parts;
  /** Made when ClickHouse could not keep them; a later round does. */
  #deliveries: Delivery[] = [];
  #events: IncidentEvent[] = [];
  /** Incidents whose deliveries were looked up already. */
  readonly #placed = new Set<string>();
  readonly #changes = new LRUCache<string, number>({ max: 50_000 });
  /** By the server's clock: this machine's may differ. */
  #changesSince = 0;
  #repairedSince = 0;
  /** The first round looks at every incident: an earlier process may have ended before it acted. */
  #first = true;
  #resumedAt = 0;
  #silencesAt = 0;
  #repairedAt = 0;
  #auditedAt = 0;

  constructor(options: AlertingOptions) {
    this.#options = options;
    this.#parts = assemble(options, (delivery) => this.#ended(delivery));
  }

  /** Takes up incidents, deliveries and the place in the findings where an earlier process left them. */
  async begin(): Promise<void> {
    const { db, now } = this.#options;
    const { feed, live, planner, outbox } = this.#parts;
    await feed.resume();
    this.#changesSince = await latestChange(db);
    this.#repairedSince = this.#changesSince;
    // An earlier process may have ended between an event and the row that is derived from it.
    await repairSnapshots(db, 0);
    this.#repairedAt = now();
    const open = await listIncidents(db, {
      statuses: ['open', 'acknowledged'],
      limit: MAX_FOLLOWED,
    });
    const closed = await listIncidents(db, {
      ...{
        statuses: ['resolved', 'false_positive'],
        updatedSince: now() - FOLLOW_CLOSED,
        limit: CHUNK,
      },
    });
    const digests = await listDeliveries(db, {
      ...{ reasons: ['digest'], since: now() - 7 * FOLLOW_CLOSED, limit: CHUNK },
    });
    for (const digest of digests.reverse()) planner.groups.restore(digest);
    const periods = Object.values(this.#options.config.alerting.receivers).map(
      ({ cap }) => cap.per,
    );
    const since = now() - Math.max(0, ...periods);
    for (const told of await listDeliveries(db, { since, limit: CHUNK })) planner.recall(told);
    for (const rows of chunks([...open, ...closed], CHUNK)) {
      await this.#place(await live.refresh(rows.map((row) => row.id)));
    }
    await outbox.resume();
  }

  /**
   * Everything that is due now: what others did to incidents, new findings, responses, messages.
   * May be stopped anywhere and repeated; a rejection leaves the rest to the next round.
   *
   * @returns true when more findings are waiting
   */
  async round(): Promise<boolean> {
    const { now, metrics, config } = this.#options;
    const { live, planner, outbox, responder, watch } = this.#parts;
    const changed = new Map<string, Incident>();
    const note = (incidents: readonly Incident[]): void => {
      for (const incident of incidents) changed.set(incident.id, incident);
    };
    note(await this.#keepEvents());
    const [news, { findings, more, commit }] = await Promise.all([
      this.#readChanges(),
      this.#parts.feed.next(),
    ]);
    note(news);
    if (this.#first) note([...live.byId.values()]);
    note(await live.take(findings));
    metrics.findings.inc(findings.length);
    if (changed.size > 0) {
      const { campaign_size: size, campaign_window: window } = config.alerting.incidents;
      note(await live.append(await campaignEvents(live, { size, window }, now())));
    }
    await this.#readBlast([...changed.values()]);
    note(await responder.handle([...changed.values()], now()));
    note(await live.append(await watch.look(live.byId.values(), now())));
    await this.#place([...changed.values()]);
    this.#first = false;
    await commit();
    await this.#refreshQuiet();
    this.#deliveries.push(...planner.plan(live.byId, now()));
    const due = this.#deliveries;
    await outbox.enqueue(due);
    this.#deliveries = this.#deliveries.slice(due.length);
    await this.#resume();
    await this.#repair();
    await this.#auditLate();
    await live.settled();
    this.#prune();
    this.#measure();
    return more;
  }

  async #keepEvents(): Promise<Incident[]> {
    const events = this.#events;
    if (events.length === 0) return [];
    const incidents = await this.#parts.live.append(events);
    this.#events = this.#events.filter((event) => !events.includes(event));
    return incidents;
  }

  /** Incidents to which the console, Slack or another process appended events. */
  async #readChanges(): Promise<Incident[]> {
    const rows = await changedIncidents(this.#options.db, this.#changesSince - OVERLAP);
    const news = rows.filter(({ id, writtenAt }) => (this.#changes.get(id) ?? 0) < writtenAt);
    const incidents: Incident[] = [];
    for (const part of chunks(news, CHUNK)) {
      incidents.push(...(await this.#parts.live.refresh(part.map(({ id }) => id))));
      for (const { id, writtenAt } of part) {
        this.#changes.set(id, writtenAt);
        this.#changesSince = Math.max(this.#changesSince, writtenAt);
      }
    }
    return incidents;
  }

  async #readBlast(incidents: readonly Incident[]): Promise<void> {
    const { db, now, config } = this.#options;
    if (config.alerting.revocation.mode === 'off') return;
    const { blast } = this.#parts;
    const open = incidents.filter(
      (incident) => incident.closedAt === 0 && incident.tokenHash !== '',
    );
    const tokens = open.map((incident) => incident.tokenHash).filter((token) => !blast.has(token));
    for (const part of chunks(tokens, CHUNK)) {
      for (const [token, radius] of await readBlastRadius(db, part, now()))
        blast.set(token, radius);
    }
  }

  /** Hands incidents to the planner; for one it has not seen, what was told before comes first. */
  async #place(incidents: readonly Incident[]): Promise<void> {
    const { planner } = this.#parts;
    const unseen = incidents.map(({ id }) => id).filter((id) => !this.#placed.has(id));
    for (const ids of chunks(unseen, CHUNK)) {
      const told = await listDeliveries(this.#options.db, { incidentIds: ids, limit: 20_000 });
      for (const delivery of told.reverse()) {
        if (delivery.reason !== 'revocation') planner.groups.restore(delivery);
      }
      for (const id of ids) this.#placed.add(id);
    }
    for (const incident of incidents) planner.place(incident);
  }

  async #refreshQuiet(): Promise<void> {
    const { db, now } = this.#options;
    if (Math.abs(now() - this.#silencesAt) < SILENCES_EVERY) return;
    this.#parts.quiet.refresh(await listSilences(db, now()), this.#parts.live.byId.values());
    this.#silencesAt = now();
  }

  /** Deliveries that a person had resent, or another process left. */
  async #resume(): Promise<void> {
    const { now } = this.#options;
    if (Math.abs(now() - this.#resumedAt) < RESUME_EVERY) return;
    this.#resumedAt = now();
    await this.#parts.outbox.resume();
  }

  /** Rows that the console's or another process's sudden end left behind their events. */
  async #repair(): Promise<void> {
    const { db, now } = this.#options;
    if (Math.abs(now() - this.#repairedAt) < REPAIR_EVERY) return;
    await repairSnapshots(db, this.#repairedSince - OVERLAP);
    this.#repairedSince = this.#changesSince;
    this.#repairedAt = now();
  }

  /** Decisions that were kept by a process which ended before it could record them. */
  async #auditLate(): Promise<void> {
    const { db, now, log } = this.#options;
    if (Math.abs(now() - this.#auditedAt) < AUDIT_EVERY) return;
    this.#auditedAt = now();
    const { audit } = this.#parts;
    // What waits here for ClickHouse to be back goes first.
    await audit.flush();
    const late = await eventsWithoutAudit(db, DECISIONS, {
      ...{ back: AUDIT_BACK, settled: AUDIT_SETTLED },
    });
    await recordSafely(audit, auditOfEvents(late), log);
  }

  #ended(delivery: Delivery): void {
    const { now, metrics } = this.#options;
    const { planner, responder, live, audit } = this.#parts;
    planner.finished(delivery);
    this.#events.push(...responder.ended(delivery, now()));
    void recordSafely(audit, [auditOfDelivery(delivery)], this.#options.log);
    const telling = ['first', 'escalation', 'digest'].includes(delivery.reason);
    if (delivery.state !== 'sent' || !telling) return;
    const { told } = delivery.payload as unknown as Notice;
    for (const { id } of told) {
      const incident = live.byId.get(id);
      if (incident === undefined || incident.containment.alertedAt !== 0) continue;
      metrics.alertSeconds.observe((now() - incident.firstCallAt) / 1_000);
      this.#events.push({
        ...{
          id: `${id}:notified:${delivery.id}`,
          incidentId: id,
          at: now(),
          actor: 'program:alerting',
        },
        ...{ kind: 'notified', receiver: delivery.receiver, delivery: delivery.id },
      });
    }
  }

  #prune(): void {
    const { live, planner } = this.#parts;
    const forget = (id: string): void => {
      live.forget(id);
      planner.groups.forget(id);
      this.#placed.delete(id);
    };
    const before = this.#options.now() - FOLLOW_CLOSED;
    for (const incident of live.byId.values()) {
      if (incident.closedAt !== 0 && incident.updatedAt < before) forget(incident.id);
    }
    const excess = live.byId.size - MAX_FOLLOWED;
    if (excess <= 0) return;
    const oldest = [...live.byId.values()].sort((a, b) => a.updatedAt - b.updatedAt);
    for (const incident of oldest.slice(0, excess)) forget(incident.id);
  }

  #measure(): void {
    const { metrics, config } = this.#options;
    metrics.incidents.set(this.#parts.live.byId.size);
    for (const receiver of Object.keys(config.alerting.receivers)) {
      metrics.pending.set({ receiver }, this.#parts.outbox.pending(receiver));
    }
  }

  /** Lets what is on its way end, at most `grace` ms, and keeps what is still unkept if it can. */
  async stop(grace: number): Promise<void> {
    await this.#parts.outbox.stop(grace);
    await this.#keepEvents().catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'events of the last moment could not be kept');
    });
  }
}
