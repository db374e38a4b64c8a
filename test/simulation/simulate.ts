/** The simulation itself: calls of all tokens and thieves, a UTC day at a time, in order of time. */
import { hireThief, strikeDay } from './hostile.ts';
import { planAttacks } from './attacks.ts';
import type { Attack, Label } from './attacks.ts';
import { actDay, newState } from './behaviour.ts';
import { DAY } from './calendar.ts';
import type { SimulationOptions, World } from './plan.ts';
import { Rows } from './rows.ts';
import { planWorld } from './world.ts';

export interface Simulation {
  world: World;
  attacks: readonly Attack[];
  /** The calls in order of time, one table a day; to be walked once. */
  days: Generator<Rows>;
  /** What the hostile calls were; complete after the last day. */
  labels(): Label[];
}

/**
 * A deterministic simulation: the same options give the same calls and the same labels.
 *
 * @param partial what differs from `DEFAULTS` (world.ts)
 */
export function simulate(partial: Partial<SimulationOptions> = {}): Simulation {
  const world = planWorld(partial);
  const attacks = planAttacks(world);
  const labels = new Map<number, Label>();
  return {
    ...{ world, attacks },
    days: walk(world, attacks, labels),
    labels: () => [...labels.values()].sort((a, b) => a.attack - b.attack),
  };
}

function* walk(
  world: World,
  attacks: readonly Attack[],
  labels: Map<number, Label>,
): Generator<Rows> {
  const states = world.tokens.map((token) => newState(world, token));
  const thieves = attacks.map((attack) => hireThief(world, attack));
  const rows = new Rows();
  for (let day = world.options.start; day < world.end; day += DAY) {
    world.tokens.forEach((token, slot) => {
      const state = states[slot];
      if (state !== undefined) actDay({ world, token, state, rows }, day);
    });
    for (const thief of thieves) {
      const state = states[thief.attack.slot];
      if (state !== undefined) strikeDay(thief, state, day, rows);
    }
    const done = rows.takeBefore(day + DAY);
    note(world, attacks, done, labels);
    yield done;
  }
}

function note(
  world: World,
  attacks: readonly Attack[],
  rows: Rows,
  labels: Map<number, Label>,
): void {
  for (let i = 0; i < rows.length; i++) {
    const index = rows.get('attack', i) - 1;
    const attack = attacks[index];
    if (attack === undefined) continue;
    const time = Math.floor(rows.get('time', i)); // As it is stored.
    const known = labels.get(index);
    if (known !== undefined) {
      known.last = time;
      known.calls += 1;
      continue;
    }
    const token = world.tokens[attack.slot];
    const hash = token?.lives[attack.life]?.hash;
    if (token === undefined || hash === undefined) continue;
    labels.set(index, {
      ...{ attack: index, kind: attack.kind, tokenHash: hash, client: token.client.id },
      ...{ archetype: token.archetype, rate: token.rate, first: time, last: time, calls: 1 },
    });
  }
}
