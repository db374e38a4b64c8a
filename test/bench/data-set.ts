/** A loaded data set in a store of its own: fresh, or kept in a directory from an earlier run. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../store/open.ts';
import type { OpenStore } from '../../store/open.ts';
import { TABLES } from '../../store/tables.ts';
import type { Config } from '../../config/schema.ts';
import type { Db } from '../../store/db.ts';
import { testConfig } from '../support/test-store.ts';
import type { Label } from '../simulation/attacks.ts';
import { DAY } from '../simulation/calendar.ts';
import { createLoader } from '../simulation/load.ts';
import type { SimulationOptions } from '../simulation/plan.ts';
import { simulate } from '../simulation/simulate.ts';
import type { Ground } from './score.ts';

export interface BenchStore extends OpenStore {
  config: Config;
  dataDir: string;
}

/**
 * Opens a store in `directory`, which stays, or in a temporary one, which `close` removes.
 *
 * @param env further settings, as `testConfig` takes them
 */
export async function openBenchStore(
  directory?: string,
  env: Record<string, string> = {},
): Promise<BenchStore> {
  const dataDir = directory ?? mkdtempSync(join(tmpdir(), 'tokenwatch-bench-'));
  mkdirSync(dataDir, { recursive: true });
  const config = testConfig(dataDir, env);
  const store = await openStore(config);
  const close = async (): Promise<void> => {
    await store.close();
    if (directory === undefined) rmSync(dataDir, { recursive: true, force: true });
  };
  return { ...store, config, dataDir, close };
}

export interface LoadedSimulation extends Ground {
  options: SimulationOptions;
  calls: number;
}

/**
 * The simulated calls of these options in the store, with their labels; nothing is loaded again
 * when the store's directory holds the same simulation from an earlier run.
 */
export async function loadSimulation(
  store: BenchStore,
  partial: Partial<SimulationOptions>,
  progress: (share: number) => void,
): Promise<LoadedSimulation> {
  const file = join(store.dataDir, 'simulation.json');
  const simulation = simulate(partial);
  const { options, end } = simulation.world;
  if (existsSync(file)) {
    // Written by this very function.
    const kept = JSON.parse(readFileSync(file, 'utf8')) as LoadedSimulation;
    if (JSON.stringify(kept.options) === JSON.stringify(options)) return kept;
    throw new Error(`${store.dataDir} holds another simulation: ${JSON.stringify(kept.options)}`);
  }
  const loader = createLoader(store.db, simulation.world);
  let calls = 0;
  let day = 0;
  for (const rows of simulation.days) {
    await loader.add(rows);
    calls += rows.length;
    progress((day += 1) / options.days);
  }
  await loader.finish();
  const from = options.start + options.quietDays * DAY;
  const labels: Label[] = simulation.labels();
  const tokens = await activeTokens(store.db, from, end);
  const loaded = { options, labels, from, until: end, tokens, calls };
  writeFileSync(file, JSON.stringify(loaded));
  return loaded;
}

/** How many tokens a usual day of [from, until) sees at work or known: those seen at all. */
export async function activeTokens(db: Db, from: number, until: number): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    `SELECT uniqExact(token_hash) AS n FROM ${db.database}.${TABLES.calls}
     WHERE time >= fromUnixTimestamp64Milli({from:Int64})
       AND time < fromUnixTimestamp64Milli({until:Int64})`,
    { from, until },
  );
  return row?.n ?? 0;
}
