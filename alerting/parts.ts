import { randomInt } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../config/logger.ts';
import type { AuditRecord } from '../model/audit.ts';
import type { BlastRadius } from '../model/blast-radius.ts';
import type { Delivery } from '../model/delivery.ts';
import type { Incident } from '../model/incident.ts';
import { openAudit } from '../store/audit/audit.ts';
import type { Audit } from '../store/audit/audit.ts';
import type { Db } from '../store/db.ts';
import type { ReportSpan } from '../store/stage.ts';
import { auditOfEvents } from './audit-words.ts';
import { FindingFeed } from './follow.ts';
import { LiveIncidents } from './incidents/live.ts';
import type { AlertingMetrics } from './metrics.ts';
import { Outbox } from './outbox/outbox.ts';
import { kindOf } from './registry.ts';
import { Responder } from './response/responder.ts';
import { Watch } from './response/watch.ts';
import { Planner } from './routing/planner.ts';
import { createQuiet } from './routing/quiet.ts';
import type { Quiet } from './routing/quiet.ts';
import { routingTree } from './routing/tree.ts';

export interface AlertingOptions {
  config: Config;
  db: Db;
  log: Logger;
  metrics: AlertingMetrics;
  /** Epoch ms. */
  now: () => number;
  /** In [0, 1). */
  random?: () => number;
  reportSpan?: ReportSpan | undefined;
}

/** What the stage is made of, wired. */
export interface Parts {
  feed: FindingFeed;
  live: LiveIncidents;
  planner: Planner;
  quiet: Quiet;
  outbox: Outbox;
  responder: Responder;
  watch: Watch;
  audit: Audit;
  /** What revoking a token would hit, by token hash, as far as it was asked. */
  blast: LRUCache<string, BlastRadius>;
}

/** Where links in messages lead: what people can reach, or the console's own address. */
export function consoleUrlOf(config: Config): string {
  const { url, host, port } = config.console;
  return (url ?? `http://${host}:${String(port)}`).replace(/\/$/, '');
}

function plannerOf(
  { config, metrics }: AlertingOptions,
  quiet: Quiet,
  blastOf: (incident: Incident) => BlastRadius | null,
): Planner {
  const receivers = Object.entries(config.alerting.receivers).map(
    ([name, receiver]) =>
      [
        name,
        { notifier: receiver.type, inPlace: kindOf(receiver).inPlace, cap: receiver.cap },
      ] as const,
  );
  return new Planner({
    tree: routingTree(config.alerting),
    receivers: new Map(receivers),
    quiet,
    consoleUrl: consoleUrlOf(config),
    blastOf,
    onDecision: (reason) => metrics.decisions.inc({ reason }),
  });
}

/**
 * Builds and wires the parts; nothing runs yet.
 *
 * @param onEnded called when a delivery was sent, refused or given up
 */
export function assemble(options: AlertingOptions, onEnded: (delivery: Delivery) => void): Parts {
  const { config, db, log, metrics, now, random = () => randomInt(2 ** 32) / 2 ** 32 } = options;
  const { alerting } = config;
  const blast = new LRUCache<string, BlastRadius>({ max: 20_000, ttl: 600_000 });
  const blastOf = (incident: Incident): BlastRadius | null =>
    alerting.revocation.mode === 'off' ? null : (blast.get(incident.tokenHash) ?? null);
  const audit = openAudit({ db, stage: 'alerting', now, signingKey: alerting.audit_key });
  const correlation = {
    reopenWithin: alerting.incidents.reopen_within,
    falsePositiveFor: alerting.incidents.false_positive_for,
  };
  const live = new LiveIncidents(db, correlation, async (events) => {
    await recordSafely(audit, auditOfEvents(events), log);
  });
  const quiet = createQuiet(alerting);
  const planner = plannerOf(options, quiet, blastOf);
  const groupOf = (delivery: Delivery): string => (delivery.payload as { group: string }).group;
  const outbox = new Outbox({
    ...{ db, config: alerting, log, metrics, now, random, onEnded },
    reportSpan: options.reportSpan,
    threadOf: (delivery) => planner.threadOf(groupOf(delivery)),
    haltOf: async (delivery): Promise<string | null> => responder.halt(delivery),
  });
  const responder: Responder = new Responder({
    ...{ db, config: alerting, live, consoleUrl: consoleUrlOf(config), blastOf },
    enqueue: async (deliveries) => outbox.enqueue(deliveries),
  });
  const watch = new Watch(db, alerting.revocation);
  return {
    feed: new FindingFeed(db),
    live,
    planner,
    quiet,
    outbox,
    responder,
    watch,
    audit,
    blast,
  };
}

/** Records decisions; what cannot be kept now waits in the chain and is kept with a later one. */
export async function recordSafely(
  audit: Audit,
  records: readonly AuditRecord[],
  log: Logger,
): Promise<void> {
  if (records.length === 0) return;
  try {
    await audit.record(records);
  } catch (error) {
    log.warn({ err: error }, 'decisions cannot be kept in the audit chain yet');
  }
}
