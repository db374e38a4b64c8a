import { detectorSchema } from '../../config/detector.ts';
import type { DetectorConfig } from '../../config/detector.ts';
import { createDetector } from '../../detector/app.ts';
import { toFinding, toldFrom, untold } from '../../detector/raise.ts';
import { lookAround } from '../../detector/watch/look.ts';
import { OTEL, TW } from '../../model/attributes.ts';
import type { Finding } from '../../model/finding.ts';
import { hashToken } from '../../model/hash.ts';
import type { TokenHash } from '../../model/hash.ts';
import { readServerClock } from '../../store/detection/fresh.ts';
import { readRaised, writeRaised } from '../../store/detection/raised.ts';
import { writeFindings } from '../../store/findings/findings.ts';
import type { Db } from '../../store/db.ts';
import { listIncidents } from '../../store/incidents/snapshots.ts';
import type { IncidentRow } from '../../store/incidents/snapshots.ts';
import { writeStageState } from '../../store/stage-state.ts';
import { startTestCollector } from '../collector/collector-fixture.ts';
import type { TestCollector } from '../collector/collector-fixture.ts';
import { otlpBody } from '../collector/otlp-body.ts';
import type { Value } from '../collector/otlp-body.ts';
import { alertingOn } from '../support/alerting.ts';

const PEPPER = 'a pepper for tests only, 32 bytes';

/** One request as a service reports it; what is left out is that of an everyday call. */
export interface ServedCall {
  /** Epoch ms; now when left out. */
  time?: number;
  /** A name for the token; empty for a call without one. */
  token: string;
  client?: string;
  service?: string;
  environment?: string;
  method?: string;
  route?: string;
  status?: number;
  attributes?: Record<string, Value>;
}

/** The hash of a token by the name that a test gives it. */
export function hashOf(token: string): TokenHash {
  return hashToken(PEPPER, token);
}

/** A pseudonym by the name that a test gives a thing. */
export function thing(name: string): string {
  return hashToken(PEPPER, `thing ${name}`).slice(0, 32);
}

function attributesOf(call: ServedCall): Record<string, Value> {
  const credential: Record<string, Value> =
    call.token === ''
      ? { [TW.authResult]: 'none' }
      : { [TW.tokenHash]: hashOf(call.token), [TW.authResult]: 'accepted' };
  return {
    [OTEL.method]: call.method ?? 'GET',
    [OTEL.route]: call.route ?? '/accounts/:id',
    [OTEL.status]: call.status ?? 200,
    ...(call.client === '' ? {} : { [TW.clientId]: call.client ?? 'acme' }),
    ...credential,
    ...call.attributes,
  };
}

/** A collector, a detector stepped by hand and the alerting stage, on one store. */
export interface Stage extends TestCollector {
  /** Reports calls over OTLP; settles when the collector has acknowledged them. */
  serve(calls: readonly ServedCall[]): Promise<void>;
  /** Lets the detector look at what arrived in the last minute. */
  look(): Promise<Finding[]>;
  /** Lets the watches look that have their turn every five minutes only. */
  lookRarely(): Promise<Finding[]>;
  /** Looks, and lets alerting fold what was found. */
  settle(): Promise<void>;
  /** The incidents of one token, client or name. */
  incidents(of: string): Promise<IncidentRow[]>;
}

/** A range as long as five minutes holds a moment at which the rare watches look; it is told as a tick tells it. */
async function rareLook(db: Db, settings: DetectorConfig): Promise<Finding[]> {
  const clock = await readServerClock(db);
  const scope = { by: 'arrival' as const, from: clock - 360_000, to: clock + 1 };
  const notices = await lookAround(db, scope, settings);
  const told = toldFrom(
    await readRaised(
      db,
      notices.map((one) => one.entity.key),
    ),
  );
  const { raise, remember } = untold(notices, told);
  const findings = await Promise.all(raise.map((one) => toFinding(db, one, clock)));
  await writeFindings(db, findings);
  await writeRaised(db, remember);
  return findings;
}

/** Starts them; `env` are variables of the collector. */
export async function openStage(
  detector: Record<string, unknown> = {},
  env: Record<string, string> = {},
): Promise<Stage> {
  // Acknowledged means committed, also on a busy machine: nothing waits in the spool.
  const collector = await startTestCollector({
    TOKENWATCH_COLLECTOR_SPOOL_AFTER_MS: '60000',
    ...env,
  });
  const { store } = collector;
  const settings: DetectorConfig = detectorSchema.parse(detector);
  const alerting = alertingOn(store, store.config);
  await alerting.begin();
  const look = async (): Promise<Finding[]> => {
    // A minute back, so that the slow watches have their turn whatever the clock says.
    const clock = await readServerClock(store.db);
    await writeStageState(store.db, 'detector', 'cursor', clock - 60_000);
    const stepped = createDetector({ db: store.db, now: Date.now, settings });
    await stepped.start();
    const findings: Finding[] = [];
    for (;;) {
      const result = await stepped.tick();
      findings.push(...result.findings);
      if (result.behind < 1_000) return findings;
    }
  };
  return {
    ...collector,
    serve: async (calls) => {
      const byService = Map.groupBy(
        calls,
        (call) => `${call.service ?? 'payments'}\n${call.environment ?? 'production'}`,
      );
      for (const [key, list] of byService) {
        const [service = '', environment = ''] = key.split('\n');
        const resource = { [OTEL.serviceName]: service, [OTEL.environment]: environment };
        const spans = list.map((call) => ({
          ...(call.time === undefined ? {} : { time: call.time }),
          attributes: attributesOf(call),
        }));
        const response = await fetch(`${collector.http}/v1/traces`, {
          method: 'POST',
          body: new Uint8Array(otlpBody(spans, resource)),
          headers: { 'Content-Type': 'application/x-protobuf' },
        });
        if (response.status !== 200) throw new Error(`answered ${String(response.status)}`);
      }
    },
    look,
    lookRarely: async () => rareLook(store.db, settings),
    settle: async () => {
      await look();
      while (await alerting.round());
    },
    incidents: async (of) => {
      const rows = await listIncidents(store.db);
      return rows.filter((row) => row.tokenHash === of || row.clientId === of || row.name === of);
    },
  };
}
