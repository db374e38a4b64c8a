import type { Db } from '../../store/db.ts';
import { writeDrips } from '../../store/detection/drips.ts';
import type { Drip } from '../../store/detection/drips.ts';
import { writeProfiles } from '../../store/detection/profiles.ts';
import type { ProfileRow } from '../../store/detection/profiles.ts';
import { keyRanges } from '../../store/detection/key-ranges.ts';
import {
  EVERYBODY,
  readStates,
  readStatesAndHour,
  writeStates,
} from '../../store/detection/states.ts';
import type { StateAndHour, StateRow } from '../../store/detection/states.ts';
import {
  readChildren,
  readClientTotal,
  readCrowd,
  readRemembered,
} from '../../store/detection/training.ts';
import { FORGOTTEN, expectedOf, profileRow } from '../volume/book.ts';
import type { Heir, Trains } from '../volume/book.ts';
import { NOBODY, SILENT, parentFrom } from '../volume/parent.ts';
import {
  dripOf,
  dripRose,
  inherited,
  isHeir,
  lastActive,
  learnHour,
  newState,
  stateFrom,
  trainedThrough,
} from '../volume/state.ts';
import type { Parent, VolumeState } from '../volume/state.ts';
import { Lenders } from './lenders.ts';

/** Entities whose states are read by one query, and written by one insert. */
const RANGE = 50_000;
const CHUNK = 5_000;
/** Expectations are written of tokens that called within so many hours; of others when they call. */
export const IDLE_HOURS = 168;

/** One hour to be learnt, by everything that is remembered. */
export interface Step {
  db: Db;
  hour: number;
  /** The hour that is expected once this one is learnt; null when nobody needs to know. */
  expected: number | null;
  trains: Trains;
  heirs: readonly Heir[];
  version: number;
}

/** Everybody's state before and after the hour. */
interface Crowd {
  above: Parent;
  aboveNext: Parent;
  next: VolumeState;
}

/** The last hour that everything was trained through, or null when nothing is remembered. */
export async function trainedHour(db: Db): Promise<number | null> {
  const [everybody] = await readStates(db, 'all', [EVERYBODY]);
  return everybody === undefined || stateFrom(everybody.state) === null ? null : everybody.hour;
}

/**
 * Learns one hour: reads what is remembered beside the hour's calls as a stream, and writes it back.
 * Tokens come first, then clients, then everybody, so that a pass that was cut off can be repeated:
 * what has learnt the hour already is left as it is.
 */
export async function learnStep(step: Step): Promise<void> {
  const crowd = await learnCrowd(step);
  if (crowd === null) return;
  const lenders = await lendersOf(step, crowd);
  await learnTokens(step, lenders);
  await learnHeirs(step, lenders);
  await learnClients(step, crowd);
  await writeStates(step.db, [rowOf('all', EVERYBODY, '', crowd.next)], step.version);
}

async function learnCrowd({ db, hour, expected }: Step): Promise<Crowd | null> {
  const [[everybody], [sums], clients] = await Promise.all([
    readStates(db, 'all', [EVERYBODY]),
    readCrowd(db, hour, hour + 1),
    readClientTotal(db, hour, FORGOTTEN),
  ]);
  if (everybody === undefined || everybody.hour >= hour) return null;
  const above = parentFrom(everybody.state, NOBODY, hour, 1);
  const next = Float32Array.from(everybody.state);
  const n = Math.max(1, clients);
  const { calls, q1, q5 } = sums ?? SILENT;
  learnHour(next, NOBODY, { calls: calls / n, q1: q1 / n, q5: q5 / n });
  return { above, next, aboveNext: parentFrom(next, NOBODY, expected ?? hour, 1) };
}

function rowOf(
  entity: StateRow['entity'],
  key: string,
  clientId: string,
  state: VolumeState,
): StateRow {
  const hour = trainedThrough(state);
  const active = Math.max(0, lastActive(state));
  return { entity, key, clientId, hour, active, state, gone: hour - active > FORGOTTEN };
}

/** The state of an entity after the hour, and whether it had learnt it before. */
function learnt(step: Step, row: StateAndHour, parent: Parent): VolumeState {
  const { hour, trains } = step;
  const state = stateFrom(row.state) ?? newState(hour);
  while (trainedThrough(state) < hour - 1) learnHour(state, parent, SILENT);
  if (trainedThrough(state) < hour) {
    const sums = row.called ? { calls: row.calls, q1: row.q1, q5: row.q5 } : SILENT;
    learnHour(state, parent, sums, trains(row.key, hour));
  }
  return state;
}

const clientIdOf = (row: StateAndHour): string => (row.called ? row.calledFor : row.clientId);

async function* clientRows({ db, hour }: Step): AsyncGenerator<StateAndHour> {
  const total = await readClientTotal(db, hour, FORGOTTEN);
  for (const range of keyRanges(total / RANGE)) yield* readStatesAndHour(db, 'client', hour, range);
}

async function lendersOf(step: Step, crowd: Crowd): Promise<Lenders> {
  const { db, hour, expected } = step;
  const children = new Map(
    (await readChildren(db, hour, FORGOTTEN)).map((one) => [one.clientId, one]),
  );
  const lenders = new Lenders();
  for await (const row of clientRows(step)) {
    const id = clientIdOf(row);
    const tokens = children.get(id);
    const before = parentFrom(
      stateFrom(row.state) ?? newState(hour),
      crowd.above,
      hour,
      tokens?.before ?? 1,
    );
    const target = expected ?? hour;
    // Rhythms are looked up as they are asked for: learning below must not change them.
    const held = { level: before.level, rhythm: constant(before.rhythm(hour)) };
    const next = learnt(step, row, crowd.above);
    const after = parentFrom(next, crowd.aboveNext, target, tokens?.after ?? 1);
    lenders.set(
      id,
      { parent: held, hour },
      { parent: after, hour: target, tokens: tokens?.after ?? 0 },
    );
  }
  return lenders;
}

function constant(value: number): () => number {
  return () => value;
}

/** Collects rows and writes them in chunks: expectations first, for a state says that they are there. */
class Writer {
  readonly #step: Step;
  #profiles: ProfileRow[] = [];
  #states: StateRow[] = [];
  #drips: Drip[] = [];

  constructor(step: Step) {
    this.#step = step;
  }

  expect(
    of: { entity: ProfileRow['entity']; key: string; clientId: string },
    state: VolumeState,
    parent: Parent,
    siblings: number,
  ): void {
    const { expected } = this.#step;
    if (expected === null) return;
    this.#profiles.push(profileRow({ ...of, ...expectedOf(state, parent, expected, siblings) }));
  }

  drip(one: Drip): void {
    this.#drips.push(one);
  }

  async keep(row: StateRow): Promise<void> {
    this.#states.push(row);
    if (this.#states.length >= CHUNK) await this.flush();
  }

  async flush(): Promise<void> {
    await writeProfiles(this.#step.db, this.#profiles);
    await writeDrips(this.#step.db, this.#drips);
    await writeStates(this.#step.db, this.#states, this.#step.version);
    this.#drips = [];
    this.#profiles = [];
    this.#states = [];
  }
}

async function learnTokens(step: Step, lenders: Lenders): Promise<void> {
  const { db, hour } = step;
  const writer = new Writer(step);
  const total = await readRemembered(db);
  for (const range of keyRanges(total / RANGE)) {
    for await (const row of readStatesAndHour(db, 'token', hour, range)) {
      if (row.hour >= hour && stateFrom(row.state) !== null) continue;
      const clientId = clientIdOf(row);
      const lent = lenders.of(clientId);
      const known = stateFrom(row.state);
      const before = known === null ? 0 : dripOf(known);
      const state = learnt(step, row, lent?.before ?? NOBODY);
      if (dripRose(before, state)) {
        writer.drip({ hour, tokenHash: row.key, clientId, deviations: dripOf(state) });
      }
      if (lent !== null && hour - lastActive(state) <= IDLE_HOURS) {
        writer.expect({ entity: 'token', key: row.key, clientId }, state, lent.after, lent.tokens);
      }
      await writer.keep(rowOf('token', row.key, clientId, state));
    }
  }
  await writer.flush();
}

/** Lets those take over that follow another token from this hour on. */
async function learnHeirs(step: Step, lenders: Lenders): Promise<void> {
  const { db, heirs } = step;
  const writer = new Writer({ ...step, version: step.version + 1 });
  for (let start = 0; start < heirs.length; start += 1000) {
    const some = heirs.slice(start, start + 1000);
    const keys = some.flatMap((one) => [one.token, one.predecessor]);
    const states = new Map((await readStates(db, 'token', keys)).map((row) => [row.key, row]));
    for (const { token, predecessor } of some) {
      const own = states.get(token);
      const before = states.get(predecessor);
      if (own === undefined || before === undefined || isHeir(own.state)) continue;
      const state = inherited(own.state, before.state);
      const lent = lenders.of(own.clientId);
      const of = { entity: 'token', key: token, clientId: own.clientId } as const;
      if (lent !== null) writer.expect(of, state, lent.after, lent.tokens);
      await writer.keep({ ...own, state });
    }
  }
  await writer.flush();
}

async function learnClients(step: Step, crowd: Crowd): Promise<void> {
  const { db, hour, expected } = step;
  const children = new Map(
    (await readChildren(db, hour, FORGOTTEN)).map((one) => [one.clientId, one.after]),
  );
  const writer = new Writer(step);
  for await (const row of clientRows(step)) {
    if (row.hour >= hour && stateFrom(row.state) !== null) continue;
    const clientId = clientIdOf(row);
    const state = learnt(step, row, crowd.above);
    const siblings = children.get(clientId) ?? 0;
    if (expected !== null && hour - lastActive(state) <= FORGOTTEN) {
      writer.expect({ entity: 'client', key: row.key, clientId }, state, crowd.aboveNext, siblings);
      const parent = parentFrom(state, crowd.aboveNext, expected, siblings);
      const fresh = newState(expected);
      writer.expect({ entity: 'new', key: row.key, clientId }, fresh, parent, siblings);
    }
    await writer.keep(rowOf('client', row.key, clientId, state));
  }
  await writer.flush();
}
