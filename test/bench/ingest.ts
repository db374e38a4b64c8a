import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { openLocator } from '../../collector/locate/locator.ts';
import { OtlpReader } from '../../collector/otlp/read-request.ts';
import { makeCaches } from '../../collector/reading/caches.ts';
import { CallReader } from '../../collector/reading/call-reader.ts';
import { CallBlock } from '../../store/calls/call-block.ts';
import { insertCallBlock } from '../../store/calls/insert-calls.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';
import { BATCH, makeBodies, runLoad } from './ingest-load.ts';
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
const CLOCK_TICKS = 100;

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

/** The reading alone: bodies to columns and Native bytes, no network; CPU µs a span. */
function readingCost(bodies: readonly Buffer[], rounds: number): number {
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
  let spans = 0;
  const before = process.cpuUsage();
  for (let round = 0; round < rounds; round++) {
    for (const body of bodies) {
      reader.read(body, 'traces', {
        call: (raw) => calls.append(raw, block, 'otlp', Date.now()),
        bad: () => undefined,
      });
      spans += BATCH;
      if (block.rows >= 65_536) {
        block.encode();
        block.clear();
      }
    }
  }
  const { user, system } = process.cpuUsage(before);
  return (user + system) / spans;
}

/** Rows a second that ClickHouse takes of the same rows, encoded beforehand, two at a time. */
async function clickHouseAlone(store: TestStore, bodies: readonly Buffer[]): Promise<number> {
  const block = new CallBlock();
  const reader = new OtlpReader();
  const caches = makeCaches({
    pepper: 'a pepper for the benchmark only',
    locator: openLocator({ countryDb: 'off', asnDb: 'off' }),
    seed: 1,
  });
  const tally = { adjusted: () => undefined, masked: () => undefined };
  const calls = new CallReader({ caches, tally, trustedHops: 0, maxFuture: 1e9, maxPast: 1e12 });
  for (let at = 0; block.rows < 65_536; at++) {
    reader.read(bodies[at % bodies.length] as Buffer, 'traces', {
      call: (raw) => calls.append(raw, block, 'otlp', Date.now()),
      bad: () => undefined,
    });
  }
  const bytes = block.encode();
  const begun = performance.now();
  let rows = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - begun < SECONDS * 1000) {
      await insertCallBlock(store.db, bytes, randomUUID());
      rows += block.rows;
    }
  };
  await Promise.all([worker(), worker()]);
  return (rows / (performance.now() - begun)) * 1000;
}

async function bytesOnDisk(store: TestStore): Promise<string> {
  const { database } = store.db;
  await store.db.command(`OPTIMIZE TABLE ${database}.calls FINAL`, {}, {});
  const tables = await store.db.query<{ table: string; bytes: number }>(
    `SELECT table, sum(bytes_on_disk) AS bytes FROM system.parts
     WHERE active AND database = {database:String} GROUP BY table`,
    { database },
  );
  const [calls] = await store.db.query<{ n: number }>(`SELECT count() AS n FROM ${database}.calls`);
  const all = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  const own = tables.find(({ table }) => table === 'calls')?.bytes ?? 0;
  const count = calls?.n ?? 1;
  return `${(all / count).toFixed(1)} a call with all rollups, ${(own / count).toFixed(1)} the calls alone`;
}

function tell(what: string, result: LoadResult, cpu: { node: number; store: number }): void {
  const { spans, seconds, latencies, refused } = result;
  const perSpan = (cpuSeconds: number): string => ((cpuSeconds * 1e6) / spans).toFixed(2);
  console.log(
    `${what}: ${thousands(spans / seconds)} spans/s kept, ${thousands(refused)} refused; ` +
      `CPU µs a span: Node ${perSpan(cpu.node)}, ClickHouse ${perSpan(cpu.store)}; ` +
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
const bodies = makeBodies(256, 20_000);
console.log(`a body: ${BATCH} spans, ${Math.round((bodies[0]?.length ?? 0) / BATCH)} bytes a span`);
readingCost(bodies, 1);
console.log(`reading and encoding alone: ${readingCost(bodies, 4).toFixed(2)} CPU µs a span`);
const fresh = makeBodies(256, 256 * BATCH);
console.log(`the same, every token and address new: ${readingCost(fresh, 1).toFixed(2)} µs`);

const collector = fork(new URL('./ingest-collector.ts', import.meta.url), [store.dataDir]);
const url = await new Promise<string>((resolve) => collector.once('message', resolve));
const pid = collector.pid ?? 0;
const measured = async (what: string, rate: number, connections: number): Promise<number> => {
  const before = { node: cpuOf(pid), store: cpuOf(serverPid) };
  const result = await runLoad({ url, bodies, seconds: SECONDS, connections, rate });
  const cpu = { node: cpuOf(pid) - before.node, store: cpuOf(serverPid) - before.store };
  tell(what, result, cpu);
  return result.spans / result.seconds;
};
await measured('warm-up', 20_000, 16);
await measured(`at ${thousands(Number(values.rate))}/s`, Number(values.rate), CONNECTIONS);
const best = await measured('as much as is taken', 0, CONNECTIONS);
const memory = { node: memoryOf(pid), store: memoryOf(serverPid) };
console.log(
  `memory, MB: Node ${memory.node.now.toFixed(0)} (peak ${memory.node.peak.toFixed(0)}), ` +
    `ClickHouse ${memory.store.now.toFixed(0)} (peak ${memory.store.peak.toFixed(0)})`,
);
collector.send('stop');
await new Promise((resolve) => collector.once('exit', resolve));
console.log(`on disk after merges, bytes: ${await bytesOnDisk(store)}`);
const alone = await clickHouseAlone(store, bodies);
console.log(
  `ClickHouse alone, pre-encoded: ${thousands(alone)} rows/s; the collector reaches ` +
    `${((best / alone) * 100).toFixed(0)} %`,
);
console.log(
  `load average after: ${loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')}`,
);
await store.close();
