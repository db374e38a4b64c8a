import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { SEGMENT_ROWS } from '../../collector/keep/spool.ts';
import { openLocator } from '../../collector/locate/locator.ts';
import { OtlpReader } from '../../collector/otlp/read-request.ts';
import { makeCaches } from '../../collector/reading/caches.ts';
import { CallReader } from '../../collector/reading/call-reader.ts';
import { CallBlock } from '../../store/calls/call-block.ts';
import { insertCallBlock } from '../../store/calls/insert-calls.ts';
import { TABLES } from '../../store/tables.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';
import { BATCH, makeBodies, renew } from './ingest-data.ts';
import type { LoadBody } from './ingest-data.ts';
import { runLoad } from './ingest-load.ts';
import type { LoadResult } from './ingest-load.ts';

/**
 * What the collector takes on this machine, with its load generator and ClickHouse on the same
 * cores: `npm run bench:ingest -- --seconds 20 --connections 256`. Other work on the machine makes
 * the figures smaller; the load average is printed beside them.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    connections: { type: 'string', default: '256' },
    rate: { type: 'string', default: '100000' },
  },
});
const SECONDS = Number(values.seconds);
const CONNECTIONS = Number(values.connections);
const RATE = Number(values.rate);
const CLOCK_TICKS = 100;
let best = 0;
let sent = 0;

/** CPU seconds of a process so far, user and system (Linux). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

/** Resident memory of a process now, and the most it ever had; MB. */
function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]);
  return { now: kilobytes('VmRSS') / 1024, peak: kilobytes('VmHWM') / 1024 };
}

function percentile(sorted: readonly number[], share: number): string {
  return (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(0);
}

function thousands(number: number): string {
  return Math.round(number).toLocaleString('en-US');
}

/** A reader of bodies without network or store, with the databases of a real one. */
function bodyReader() {
  const block = new CallBlock();
  const reader = new OtlpReader();
  const calls = new CallReader({
    caches: makeCaches({
      pepper: 'a pepper for the benchmark only',
      locator: openLocator({ countryDb: 'packaged', asnDb: 'packaged' }),
      seed: 1,
    }),
    tally: { adjusted: () => undefined, masked: () => undefined },
    ...{ trustedHops: 0, maxFuture: 1e9, maxPast: 1e12 },
  });
  const read = (body: LoadBody, at: number): void => {
    reader.read(body.bytes, 'traces', {
      call: (raw) => calls.append(raw, block, 'otlp', at),
      bad: () => undefined,
    });
  };
  return { block, read };
}

type BodyReader = ReturnType<typeof bodyReader>;

/** The reading alone: bodies to columns and Native bytes, no network; CPU µs a span. */
function readingCost({ block, read }: BodyReader, bodies: readonly LoadBody[]): number {
  const before = process.cpuUsage();
  for (const body of bodies) {
    read(body, Date.now());
    if (block.rows < 16_384) continue;
    block.encode();
    block.clear();
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (bodies.length * BATCH);
}

/**
 * Rows a second that ClickHouse takes of the same rows, encoded beforehand, and its CPU µs a row:
 * inserts as large as the collector's when it is behind, two at a time, each row with ids of its own.
 */
async function clickHouseAlone(store: TestStore, bodies: readonly LoadBody[]) {
  const { block, read } = bodyReader();
  const blocks: Buffer[][] = Array.from({ length: 4 }, () => []);
  let at = 0;
  for (const insert of blocks) {
    for (let rows = 0; rows < SEGMENT_ROWS; rows += block.rows) {
      block.clear();
      while (block.rows < 16_384) {
        const body = bodies[at++ % bodies.length] as LoadBody;
        renew(body, Date.now());
        read(body, Date.now());
      }
      insert.push(block.encode());
    }
  }
  const cpu = cpuOf(serverPid);
  const begun = performance.now();
  let inserts = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - begun < SECONDS * 1000) {
      const [first, ...rest] = blocks[inserts++ % blocks.length] as Buffer[];
      const whole = Readable.from([first, ...rest]) as AsyncIterable<Buffer>;
      await insertCallBlock(store.db, whole, randomUUID());
    }
  };
  await Promise.all([worker(), worker()]);
  const rows = inserts * SEGMENT_ROWS;
  const each = ((cpuOf(serverPid) - cpu) * 1e6) / rows;
  return { rate: (rows / (performance.now() - begun)) * 1000, each };
}

const ROLLUPS = [
  ...[TABLES.tokenMinute, TABLES.tokenHour, TABLES.clientMinute, TABLES.tokenValues],
  ...[TABLES.tokenSeen, TABLES.clientValues, TABLES.globalValues, TABLES.tokenInventory],
  ...[TABLES.activityMinute, TABLES.endpointHour],
];

/** Bytes a call after all merges, with and without rollups; the largest tables by name. */
async function bytesOnDisk(store: TestStore): Promise<string> {
  const { database } = store.db;
  for (const table of [TABLES.calls, ...ROLLUPS]) {
    await store.db.command(`OPTIMIZE TABLE ${database}.${table} FINAL`);
  }
  const tables = await store.db.query<{ table: string; bytes: number }>(
    `SELECT table, sum(bytes_on_disk) AS bytes FROM system.parts
     WHERE active AND database = {database:String} GROUP BY table ORDER BY bytes DESC`,
    { database },
  );
  const [calls] = await store.db.query<{ n: number }>(`SELECT count() AS n FROM ${database}.calls`);
  const count = calls?.n ?? 1;
  const all = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  const named = tables
    .slice(0, 5)
    .map(({ table, bytes }) => `${table} ${(bytes / count).toFixed(2)}`);
  return `${(all / count).toFixed(1)} a call of ${thousands(count)}: ${named.join(', ')}`;
}

function tell(what: string, result: LoadResult, cpu: { node: number; store: number }): void {
  const { spans, seconds, latencies, refused } = result;
  const perSpan = (cpuSeconds: number): string => ((cpuSeconds * 1e6) / spans).toFixed(2);
  console.log(
    `${what}: ${thousands(spans / seconds)} spans/s acknowledged, ${thousands(refused)} refused; ` +
      `CPU µs a span: Node ${perSpan(cpu.node)}, ClickHouse ${perSpan(cpu.store)}, sending ${perSpan(result.cpu)}; ` +
      `p50 ${percentile(latencies, 0.5)} ms, p99 ${percentile(latencies, 0.99)} ms`,
  );
}

const store = await openTestStore();
const serverPid = store.embedded?.pid ?? process.pid;
console.log(
  `load average before: ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
);
const bodies = makeBodies({ bodies: CONNECTIONS + 32, tokens: 20_000 });
const bytesEach = Math.round((bodies[0]?.bytes.length ?? 0) / BATCH);
console.log(`a body: ${BATCH} spans, ${bytesEach} bytes a span`);
const reader = bodyReader();
for (let round = 0; round < 2; round++) readingCost(reader, bodies);
console.log(`reading and encoding alone: ${readingCost(reader, bodies).toFixed(2)} CPU µs a span`);
const fresh = makeBodies({ bodies: 256, tokens: 0, allNew: true });
console.log(
  `the same, every token and address new: ${readingCost(reader, fresh).toFixed(2)} CPU µs a span`,
);

const collector = fork(new URL('./ingest-collector.ts', import.meta.url), [store.dataDir]);
const url = await new Promise<string>((resolve) => collector.once('message', resolve));
const pid = collector.pid ?? 0;
const stored = async (): Promise<number> => {
  const [row] = await store.db.query<{ n: number }>(
    `SELECT count() AS n FROM ${store.db.database}.${TABLES.calls}`,
  );
  return row?.n ?? 0;
};
const measured = async (what: string, rate: number, seconds = SECONDS): Promise<LoadResult> => {
  const before = { node: cpuOf(pid), store: cpuOf(serverPid), rows: await stored() };
  const result = await runLoad({ url, bodies, seconds, connections: CONNECTIONS, rate });
  const cpu = { node: cpuOf(pid) - before.node, store: cpuOf(serverPid) - before.store };
  const rows = (await stored()) - before.rows;
  tell(what, result, cpu);
  sent += result.spans;
  const waiting = Math.max(0, sent - (await stored()));
  const { now, peak } = memoryOf(pid);
  console.log(
    `  into ClickHouse ${thousands(rows / result.seconds)} spans/s, at the end in the spool ${thousands(waiting)}; ` +
      `memory of Node ${now.toFixed(0)} MB (peak ${peak.toFixed(0)})`,
  );
  return result;
};
for (const [what, rate, seconds] of [
  ['warm-up', 20_000, 5],
  [`at ${thousands(RATE)}/s`, RATE, SECONDS],
  ['as much as is taken', 0, SECONDS],
] as const) {
  const result = await measured(what, rate, seconds);
  if (rate === 0) best = result.spans / result.seconds;
}
const memory = { node: memoryOf(pid), store: memoryOf(serverPid) };
console.log(
  `memory, MB: Node ${memory.node.now.toFixed(0)} (peak ${memory.node.peak.toFixed(0)}), ` +
    `ClickHouse ${memory.store.now.toFixed(0)} (peak ${memory.store.peak.toFixed(0)})`,
);
const begun = performance.now();
while ((await stored()) < sent) await new Promise((resolve) => setTimeout(resolve, 500));
console.log(`the spool was empty after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
collector.send('stop');
await new Promise((resolve) => collector.once('exit', resolve));
console.log(`on disk after merges, bytes: ${await bytesOnDisk(store)}`);
const alone = await clickHouseAlone(store, bodies);
console.log(
  `ClickHouse alone, pre-encoded: ${thousands(alone.rate)} rows/s, ${alone.each.toFixed(2)} CPU µs ` +
    `a row; the collector reaches ${((best / alone.rate) * 100).toFixed(0)} %`,
);
console.log(
  `load average after: ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
);
await store.close();
