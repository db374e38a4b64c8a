import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { detectorSchema } from '../../config/detector.ts';
import { createDetector } from '../../detector/app.ts';
import { prepareHours } from '../../detector/train.ts';
import { trainedHour } from '../../detector/training/step.ts';
import { writeStageState } from '../../store/stage-state.ts';
import { connect } from '../../store/db.ts';
import { openStore } from '../../store/open.ts';
import { openTestStore, testConfig } from '../support/test-store.ts';
import { bareQuery, bringUpToDate, buildWorld, letCallsArrive } from './tick-world.ts';
import type { TickWorld } from './tick-world.ts';

/**
 * How long a look of the detector takes in a large installation, and what its baselines cost:
 * `npm run bench:tick -- --tokens 1000000 --active 100000 --ticks 60`. Calls arrive as they would
 * live, second by second, after so many minutes of them as `--warm` says: a detector that has run for a
 * while has looked up before what most tokens are known for. `--keep DIR` builds the world there
 * and uses it again. ClickHouse and the detector share this machine with whatever else runs.
 */
const { values } = parseArgs({
  options: {
    tokens: { type: 'string', default: '1000000' },
    active: { type: 'string', default: '' },
    ticks: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'string', default: '' },
    warm: { type: 'string', default: '10' },
  },
});
const TOKENS = Number(values.tokens);
const ACTIVE = Number(values.active || TOKENS / 10);
const TICKS = Number(values.ticks);
const WARM = Number(values.warm);
/** Calls that a token makes in a minute in which it calls. */
const CALLS_EACH = 1.5;
const CLOCK_TICKS = 100;

/** CPU seconds of a process so far, user and system (Linux). */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
}

/** The most memory that a process ever had resident, MB. */
function peakOf(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const ms = (number: number): string => `${number.toFixed(0)} ms`;

const store = values.keep === '' ? await openTestStore() : await openStore(testConfig(values.keep));
try {
  const { embedded } = store;
  const server = embedded?.pid ?? process.pid;
  const started = performance.now();
  const world: TickWorld = {
    tokens: TOKENS,
    active: ACTIVE,
    until: Math.floor(Date.now() / 60_000) * 60,
    seed: Number(values.seed),
  };
  // Patient, so that a busy machine shows in the figures and not as an error.
  const db = connect({
    url: embedded?.url ?? '',
    username: embedded?.appUser ?? '',
    password: embedded?.appPassword ?? '',
    database: store.db.database,
    requestTimeout: 600_000,
  });
  await buildWorld(db, world);
  await bringUpToDate(db, world, Math.floor(Date.now() / 60_000) * 60);
  say(
    `${TOKENS.toLocaleString('en-US')} tokens, ${ACTIVE.toLocaleString('en-US')} active a minute, ` +
      `made in ${((performance.now() - started) / 1000).toFixed(0)} s; load ${(loadavg()[0] ?? 0).toFixed(1)}`,
  );

  const hour = Math.floor(Date.now() / 3_600_000);
  await writeStageState(db, 'detector', 'trained-at', Math.floor(Date.now() / 1000) + 600);
  const trained = (await trainedHour(db)) ?? hour;
  const before = { node: process.cpuUsage(), server: cpuOf(server), at: performance.now() };
  await prepareHours(db, hour);
  const hours = ((await trainedHour(db)) ?? hour) - trained;
  const node = process.cpuUsage(before.node);
  const nodeCpu = (node.user + node.system) / 1e6 / hours;
  const serverCpu = (cpuOf(server) - before.server) / hours;
  if (hours > 0)
    say(
      `an hour's training: ${((performance.now() - before.at) / 1000 / hours).toFixed(1)} s, ` +
        `${nodeCpu.toFixed(1)} CPU s of Node and ${serverCpu.toFixed(1)} of ClickHouse: ` +
        `${((100 * (nodeCpu + serverCpu)) / 3600).toFixed(1)} % of one core averaged (target 20)`,
    );

  const now = Date.now;
  const detector = createDetector({ db, now, settings: detectorSchema.parse({}) });
  const perSecond = Math.round((ACTIVE * CALLS_EACH) / 60);
  // The last minutes are calls, of which a detector that was always there has looked up everything.
  const begun = Math.floor(now() / 60_000) * 60 - WARM * 60;
  await bringUpToDate(db, world, begun);
  const cursor = begun * 1000;
  for (let from = cursor; from < now(); from += 60_000) {
    const to = Math.min(from + 60_000, now());
    await letCallsArrive(db, world, Math.round((perSecond * (to - from)) / 1000), { from, to });
  }
  await writeStageState(db, 'detector', 'cursor', cursor);
  await detector.start();
  await bareQuery(db, now());
  const bare: number[] = [await bareQuery(db, now())];
  const first = performance.now();
  let caughtUp = await detector.tick();
  say(
    `a look at two minutes of arrivals: ${ms(performance.now() - first)}, ${String(caughtUp.findings.length)} findings`,
  );
  // What came meanwhile comes now; only then is there a second of arrivals for each look.
  while (caughtUp.behind > 5_000 || caughtUp.owed > 0) caughtUp = await detector.tick();

  const ticks: number[] = [];
  const spent: number[] = [];
  let findings = 0;
  const cpu = { node: process.cpuUsage(), server: cpuOf(server), at: performance.now() };
  for (let i = 0; i < TICKS; i += 1) {
    const second = performance.now();
    await letCallsArrive(db, world, perSecond, { from: now() - 1000, to: now() + 1 });
    const look = { at: performance.now(), node: process.cpuUsage(), server: cpuOf(server) };
    const result = await detector.tick();
    ticks.push(performance.now() - look.at);
    const used = process.cpuUsage(look.node);
    spent.push((used.user + used.system) / 1e6 + cpuOf(server) - look.server);
    findings += result.findings.length;
    if (i % 5 === 0) bare.push(await bareQuery(db, now()));
    await delay(Math.max(0, 1000 - (performance.now() - second)));
  }
  const seconds = (performance.now() - cpu.at) / 1000;
  const used = process.cpuUsage(cpu.node);
  const usual = quantile(bare, 0.5);
  say(
    `${String(TICKS)} looks, a second of arrivals each: median ${ms(quantile(ticks, 0.5))}, ` +
      `95th percentile ${ms(quantile(ticks, 0.95))}, most ${ms(Math.max(...ticks))} (target 1000 at the 95th), ` +
      `${String(findings)} findings`,
  );
  say(
    `CPU of a look, Node and ClickHouse with what merges beside it: median ` +
      `${quantile(spent, 0.5).toFixed(2)} s, 95th percentile ${quantile(spent, 0.95).toFixed(2)} s; ` +
      `load ${(loadavg()[0] ?? 0).toFixed(1)} on two cores`,
  );
  say(
    `the bare query over the last minute: ${ms(usual)}; a look takes ` +
      `${(quantile(ticks, 0.5) / usual).toFixed(1)} times as long (95th percentile ${(quantile(ticks, 0.95) / usual).toFixed(1)})`,
  );
  say(
    `while looking: Node ${((100 * (used.user + used.system)) / 1e6 / seconds).toFixed(0)} % of a core, ` +
      `ClickHouse ${((100 * (cpuOf(server) - cpu.server)) / seconds).toFixed(0)} % (arrivals included)`,
  );
  say(
    `most memory: Node ${peakOf(process.pid).toFixed(0)} MB (target 1024), ClickHouse ${peakOf(server).toFixed(0)} MB`,
  );
  await db.close();
} finally {
  await store.close();
}
