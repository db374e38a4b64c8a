/**
 * `npm run bench:detection`: how much tokenwatch finds, how fast, and how often it cries wolf, on
 * simulated tokens with labelled attacks, beside the rules that people write first.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Label } from '../simulation/attacks.ts';
import type { SimulationOptions } from '../simulation/plan.ts';
import { causesAt } from '../simulation/causes.ts';
import { DEFAULTS, planWorld } from '../simulation/world.ts';
import { loadSimulation, openBenchStore } from './data-set.ts';
import type { BenchStore, LoadedSimulation } from './data-set.ts';
import { NAIVE_RULES } from './naive.ts';
import { causeTable, falseTable, kindTable, summaryTable } from './report.ts';
import { countsTable, labSummary, runCounts, runLab } from './real-runs.ts';
import type { Entry } from './report.ts';
import { foldAlarms, score } from './score.ts';
import type { OpenedIncident, Score } from './score.ts';
import { asAlarm, findingsOf } from './tokenwatch.ts';

const USAGE = `npm run bench:detection -- [options]
  --tokens N    tokens at work at once (${DEFAULTS.tokens})
  --days N      days, the first --quiet of them without attacks (${DEFAULTS.days})
  --quiet N     (${DEFAULTS.quietDays})
  --attacks N   attacks of each kind (one for each 80 tokens, at least 4)
  --seed N      (${DEFAULTS.seed})
  --scale X     multiplies all benign rates (${DEFAULTS.scale})
  --data DIR    keep the loaded data there, and use it again
  --naive-only  only the rules that people write first
  --counts FILE      instead: false incidents on real request counts (gzipped JSONL)
  --cloudtrail FILE  instead: what is found of a CloudTrail attack lab (gzipped JSONL)
  --json FILE   write everything, also what was missed, as JSON`;

/** A false incident and the benign event behind it. */
interface Explained extends OpenedIncident {
  causes: string[];
  slot: number;
  archetype: string;
}

interface Explainable extends Entry {
  causes: Explained[];
}

interface Wishes {
  simulation: Partial<SimulationOptions>;
  data: string | undefined;
  json: string | undefined;
  counts: string | undefined;
  cloudtrail: string | undefined;
  naiveOnly: boolean;
}

function readWishes(args: string[]): Wishes | null {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ tokens: text, days: text, quiet: text, attacks: text, seed: text, scale: text },
      ...{ data: text, json: text, counts: text, cloudtrail: text },
      'naive-only': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return null;
  const number = (value: string | undefined, fallback: number): number => {
    const read = value === undefined ? fallback : Number(value);
    if (!Number.isFinite(read) || read < 0) throw new RangeError(`expected a number, got ${value}`);
    return read;
  };
  const tokens = number(values.tokens, DEFAULTS.tokens);
  return {
    simulation: {
      ...{ tokens, days: number(values.days, DEFAULTS.days) },
      quietDays: number(values.quiet, DEFAULTS.quietDays),
      attacksPerKind: number(values.attacks, Math.max(4, Math.round(tokens / 80))),
      ...{ seed: number(values.seed, DEFAULTS.seed), scale: number(values.scale, DEFAULTS.scale) },
    },
    ...{ data: values.data, counts: values.counts, cloudtrail: values.cloudtrail },
    ...{ json: values.json, naiveOnly: values['naive-only'] === true },
  };
}

/** Says on stderr what takes how long. */
async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work();
  console.error(`${what}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  return result;
}

function progress(share: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${Math.round(100 * share)}% `);
}

async function scoreNaive(store: BenchStore, ground: LoadedSimulation): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const rule of NAIVE_RULES) {
    const alarms = await timed(rule.title, () => rule.alarms(store.db, ground.from, ground.until));
    entries.push({ title: rule.title, score: score(ground, foldAlarms(alarms)) });
  }
  return entries;
}

async function scoreTokenwatch(store: BenchStore, ground: LoadedSimulation): Promise<Explainable> {
  const findings = await timed('tokenwatch', () => findingsOf(store.db, ground, progress));
  const incidents = foldAlarms(findings.map(asAlarm));
  const entry = { title: 'tokenwatch', score: score(ground, incidents) };
  return { ...entry, causes: explain(ground, incidents, entry.score) };
}

/** What was going on at each false incident. */
function explain(
  ground: LoadedSimulation,
  incidents: readonly OpenedIncident[],
  of: Score,
): Explained[] {
  const world = planWorld(ground.options);
  return of.falseOnes.flatMap((index) => {
    const one = incidents[index];
    if (one === undefined) return [];
    const who = { tokenHash: one.tokenHash, client: one.client };
    const causes = causesAt(world, who, one.openedAt);
    const { slot, archetype } = world.tokens.find((t) =>
      t.lives.some((life) => life.hash === one.tokenHash),
    ) ?? { slot: -1, archetype: 'client' };
    return [{ ...one, causes, slot, archetype }];
  });
}

function print(ground: LoadedSimulation, entries: readonly (Entry | Explainable)[]): void {
  const { options, calls, tokens, labels } = ground;
  console.log(
    `${calls.toLocaleString('en')} calls of ${tokens} tokens, seed ${options.seed}; ` +
      `${labels.length} attacks in the last ${options.days - options.quietDays} of ${options.days} days\n`,
  );
  console.log('Recall and delay (median/90th percentile) by kind of attack');
  console.log(`${kindTable(entries)}\n\n${summaryTable(entries)}\n`);
  for (const entry of entries.slice(0, 1)) {
    console.log(`${entry.title}: ${falseTable(entry.score)}`);
    if ('causes' in entry) console.log(`\n${causeTable(entry.causes, entry.score)}`);
  }
}

function missedLabels(ground: LoadedSimulation, entry: Entry): Label[] {
  return ground.labels.filter((label) => entry.score.missed.includes(label.attack));
}

async function main(): Promise<void> {
  const wishes = readWishes(process.argv.slice(2));
  if (wishes === null) {
    console.log(USAGE);
    return;
  }
  if (wishes.counts !== undefined) console.log(countsTable(await runCounts(wishes.counts)));
  if (wishes.cloudtrail !== undefined) console.log(labSummary(await runLab(wishes.cloudtrail)));
  if (wishes.counts === undefined && wishes.cloudtrail === undefined) await runSimulation(wishes);
}

async function runSimulation(wishes: Wishes): Promise<void> {
  const store = await openBenchStore(wishes.data);
  try {
    const ground = await timed('simulated and loaded', () =>
      loadSimulation(store, wishes.simulation, progress),
    );
    const entries: (Entry | Explainable)[] = wishes.naiveOnly
      ? []
      : [await scoreTokenwatch(store, ground)];
    entries.push(...(await scoreNaive(store, ground)));
    print(ground, entries);
    if (wishes.json !== undefined) {
      const detail = entries.map((e) => ({ ...e, missed: missedLabels(ground, e) }));
      writeFileSync(wishes.json, JSON.stringify({ ground, entries: detail }, null, 2));
    }
  } finally {
    await store.close();
  }
}

await main();
