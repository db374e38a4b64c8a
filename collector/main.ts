import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { peppersOf } from '../config/pepper.ts';
import type { Config } from '../config/schema.ts';
import { insertCallBlock } from '../store/calls/insert-calls.ts';
import type { RunningStage, StageContext } from '../store/stage.ts';
import { writeHygiene } from '../store/calls/hygiene.ts';
import { createCollectorApp } from './app.ts';
import { startGrpc } from './grpc/server.ts';
import { Turns } from './background/turns.ts';
import { pressure } from './background/pressed.ts';
import { every } from './background/every.ts';
import type { Recurring } from './background/every.ts';
import { HygieneTally } from './hygiene/hygiene-tally.ts';
import { closeApp } from './http/close-app.ts';
import { isLoopback, senderKeys } from './http/sender-keys.ts';
import { limitSenders } from './http/sender-limit.ts';
import { readTls } from './http/tls.ts';
import { createIntake } from './intake.ts';
import type { Intake, IntakeOptions } from './intake.ts';
import { Keeper } from './keep/keeper.ts';
import { Spool } from './keep/spool.ts';
import { openLocator } from './locate/locator.ts';
import type { Locator } from './locate/locator.ts';
import { collectorMetrics } from './metrics.ts';
import type { CollectorMetrics } from './metrics.ts';
import { clearCaches, makeCaches } from './reading/caches.ts';
import type { Caches } from './reading/caches.ts';
import { aliasKeeper } from './rotation/keep-aliases.ts';
import type { TokenAliases } from './rotation/token-aliases.ts';

const SECOND = 1000;
/** How long requests that are under way may take when the collector stops. */
const DRAIN = 10 * SECOND;
/** Between two writes of the hygiene report, and of links between token hashes. */
const HYGIENE_PAUSE = 5 * SECOND;
const ALIAS_PAUSE = 10 * SECOND;
/** For the last of each, when the collector stops. */
const LAST_WRITE = 5 * SECOND;
/** Rows within `max_wait_ms` at which the disk is quicker: about 20,000 a second. */
const SPOOL_ROWS = 4096;
const DAY = 86_400 * SECOND;

function checkExposure({ collector }: Config): void {
  if (isLoopback(collector.host) || collector.keys.length > 0) return;
  throw new Error(
    `collector.host: ${collector.host} is reachable from other machines, which needs sender keys: ` +
      'set TOKENWATCH_COLLECTOR_KEYS (or collector.keys_file), or listen on 127.0.0.1',
  );
}

function openLocations({ config, log }: StageContext, metrics: CollectorMetrics): Locator {
  const { country_db: countryDb, asn_db: asnDb } = config.collector;
  const locator = openLocator({ countryDb, asnDb });
  for (const problem of locator.problems) {
    log.warn({ problem }, 'a location database cannot be used: its answers are unknown');
  }
  metrics.databases.set(locator.problems.length === 0 ? 1 : 0);
  return locator;
}

async function startKeeper(
  { config, db, log, isSchemaReady = () => true }: StageContext,
  metrics: CollectorMetrics,
): Promise<Keeper> {
  const { collector } = config;
  const instance = randomBytes(9).toString('base64url');
  const spool = await Spool.open({
    folder: join(config.data_dir, 'spool'),
    maxBytes: collector.spool_max_bytes,
    onProblem: (problem) => log.error({ problem }, 'a spooled block cannot be used'),
    instance,
  });
  metrics.watchSpool(spool);
  return new Keeper({
    spool,
    spoolAfter: collector.spool_after_ms,
    insert: async (blocks, token) => {
      // To the spool meanwhile: an older schema would lose columns, or refuse.
      if (!isSchemaReady()) throw new Error('the schema of the store is not up to date yet');
      const end = metrics.insertSeconds.startTimer();
      await insertCallBlock(db, blocks, token);
      end();
    },
    onFailure: (error) => {
      metrics.insertFailures.inc();
      log.warn({ err: error }, 'an insert failed');
    },
    instance,
    spoolRows: SPOOL_ROWS,
    maxRows: collector.max_batch_rows,
    maxWait: collector.max_wait_ms,
    maxInFlight: collector.inserts_in_flight,
    maxQueued: 2,
    patience: collector.insert_patience_seconds * SECOND,
    now: () => performance.now(),
    // A server of one's own has other cores.
    ...(config.clickhouse.url === undefined ? { isPressed: pressure() } : {}),
  });
}

/** What is kept beside the calls, written every few seconds and when the collector stops. */
interface Records {
  hygiene: HygieneTally;
  aliases: TokenAliases;
  /** Null when calls can be read, else what is missing. */
  missing: () => string | null;
  work: Recurring[];
}

async function startRecords({ config, db, log, now }: StageContext): Promise<Records> {
  const hygiene = new HygieneTally({
    instance: randomBytes(9).toString('base64url'),
    write: (rows, token) => writeHygiene(db, rows, token),
  });
  const links = aliasKeeper(db, peppersOf(config), now, join(config.data_dir, 'token-links'));
  const warn =
    (what: string) =>
    (error: unknown): void =>
      log.warn({ err: error }, `${what} could not be written or read; it is tried again`);
  await links.sync().catch(warn('links between token hashes'));
  const work = [
    every(HYGIENE_PAUSE, () => hygiene.flush(), warn('the hygiene report')),
    every(ALIAS_PAUSE, () => links.sync(), warn('links between token hashes')),
  ];
  const missing = (): string | null =>
    links.areKnown()
      ? null
      : 'ClickHouse was not reached yet: links between token hashes are unknown';
  return { hygiene, aliases: links.aliases, missing, work };
}

function openCaches(context: StageContext, metrics: CollectorMetrics): Caches {
  const peppers = peppersOf(context.config);
  return makeCaches({
    pepper: peppers.current.reveal(),
    previousPepper: peppers.previous?.reveal(),
    locator: openLocations(context, metrics),
    allowLists: context.config.collector.allowed_addresses,
    seed: randomBytes(4).readInt32LE(),
  });
}

/** Reports requests that brought calls: those with none may be our own telemetry, and would echo. */
function traced(
  read: Intake,
  keeper: Keeper,
  reportSpan: NonNullable<StageContext['reportSpan']>,
): Intake {
  return async (body, encoding, signal, sender) => {
    const [begun, before] = [performance.now(), keeper.queuedRows];
    const reading = read(body, encoding, signal, sender);
    // It has been read by now: what is left is to be kept.
    const rows = keeper.queuedRows - before;
    const outcome = await reading;
    if (rows !== 0 || outcome.kind !== 'kept') {
      const attributes = { signal, encoding, outcome: outcome.kind, 'request.bytes': body.length };
      const seconds = (performance.now() - begun) / SECOND;
      reportSpan({ name: 'collector.export', seconds, attributes });
    }
    return outcome;
  };
}

/** Reads requests, each sender held to its share. */
function openIntake(
  { collector }: Config,
  {
    missing,
    reportSpan,
    ...parts
  }: Omit<IntakeOptions, 'trustedHops' | 'maxFuture' | 'maxPast'> &
    Pick<Records, 'missing'> & { reportSpan: StageContext['reportSpan'] },
): Intake {
  const read = createIntake({
    ...parts,
    trustedHops: collector.trusted_hops,
    maxFuture: collector.max_future_seconds * SECOND,
    maxPast: collector.max_past_days * DAY,
  });
  const readAndTell = reportSpan === undefined ? read : traced(read, parts.keeper, reportSpan);
  const intake: Intake = async (...request) => {
    const message = missing();
    if (message !== null) return { kind: 'unavailable', message, retryAfter: 5 };
    return readAndTell(...request);
  };
  return limitSenders(intake, collector.sender_bytes_per_second, () => performance.now());
}

/** Opens the ports: the transports read what comes one request a turn, whichever it came by. */
async function listen(
  { config, db, log, registry }: StageContext,
  metrics: CollectorMetrics,
  intake: Intake,
) {
  const { collector } = config;
  const tls = readTls(config);
  const authenticate = senderKeys(collector.keys);
  const onError = (error: unknown): void => log.error({ err: error }, 'a request met an error');
  const turns = new Turns();
  const app = createCollectorApp({
    ...{ intake, metrics, registry, authenticate, onError, tls, turns },
    maxBodyBytes: collector.max_body_bytes,
    maxInflatedBytes: collector.max_inflated_bytes,
    notReady: async () => ((await db.ping()) ? null : 'ClickHouse does not answer'),
  });
  const http = await app.listen({ host: collector.host, port: collector.http_port });
  const grpc = await startGrpc(
    {
      ...{ intake, metrics, authenticate, onError, tls, turns },
      maxMessageBytes: collector.max_inflated_bytes,
    },
    ...([collector.host, collector.grpc_port] as const),
  ).catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  const urls = {
    http,
    grpc: `${tls === null ? 'http' : 'https'}://${collector.host}:${grpc.port}`,
  };
  return { app, grpc, urls };
}

/**
 * Starts the collector: OTLP in, rows in ClickHouse out.
 *
 * @throws Error when it would listen beyond this machine without sender keys, or the port is taken
 */
export async function startCollector(context: StageContext): Promise<RunningStage> {
  const { config, log, registry, now, storeNow = now } = context;
  checkExposure(config);
  const metrics = collectorMetrics(registry);
  const keeper = await startKeeper(context, metrics);
  metrics.watchQueue(() => keeper.queuedRows);
  const caches = openCaches(context, metrics);
  const { hygiene, aliases, missing, work } = await startRecords(context);
  const intake = openIntake(config, {
    ...{ keeper, caches, metrics, hygiene, aliases, missing },
    now: storeNow,
    reportSpan: context.reportSpan,
  });
  const { app, grpc, urls } = await listen(context, metrics, intake);
  log.info(urls, 'the collector listens');
  let stopped: Promise<void> | null = null;
  return {
    name: 'collector',
    urls,
    stop: () => {
      stopped ??= (async () => {
        await Promise.all([closeApp(app, DRAIN), grpc.stop(DRAIN), keeper.close()]);
        await Promise.all(work.map((each) => each.stop(LAST_WRITE)));
        clearCaches(caches);
        log.info('the collector has drained and stopped');
      })();
      return stopped;
    },
  };
}
