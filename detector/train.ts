import type { Db } from '../store/db.ts';
import { readServerClock } from '../store/detection/fresh.ts';
import { readHourRange } from '../store/detection/hours.ts';
import { readSuccessions } from '../store/detection/lineage.ts';
import { readRemembered, readStaleClients } from '../store/detection/training.ts';
import { readTroubled, readUntrained, writeUntrained } from '../store/detection/untrained.ts';
import { readStageState, writeStageState } from '../store/stage-state.ts';
import { clientsOf, foldedLateHeirs, readLateHeirs } from './training/late-heirs.ts';
import { linkSuccessors } from './training/lineage.ts';
import { refold } from './training/refold.ts';
import { learnStep, trainedHour } from './training/step.ts';
import { changeOf, trainsBy } from './training/untrained.ts';
import type { Heir, Trains } from './volume/book.ts';

/**
 * The expectation of hour h is learnt from the hours up to h − 3: calls may come an hour late, and
 * there is a whole hour to prepare the next one in.
 */
export const TRAINING_LAG = 3;
/** How far back volume is learnt from, hours. */
const MEMORY = 42 * 24;
/** After so long a pause everything is folded anew, hours: that is quicker than hour by hour. */
const LONG_PAUSE = 72;
/** After a pause, so many hours before the present one are expected for looks to catch up, hours. */
const MOST_BEHIND = 24;
/** A commit can come later than the time that it stamps, s. */
const OVERLAP = 60;

/** What a preparation knows. */
interface Plan {
  db: Db;
  /** The present hour. */
  hour: number;
  /** The first hour that is expected: calls of earlier ones have been looked at. */
  since: number;
  fromHour: number;
  trains: Trains;
  version: number;
}

/**
 * Learns the hours that have passed since the last time and writes what is expected of `hour` and the
 * one after. Clients whose history changed, by late calls or by what became of an incident, are folded
 * anew. What was cut off is done again by the next preparation.
 *
 * @param since the hour that a look has come to, when it is behind after a pause: what is expected of
 *   the hours from there on is written too, of a day at most
 * @returns how many tokens are known
 */
export async function prepareHours(db: Db, hour: number, since = hour): Promise<number> {
  const range = await readHourRange(db);
  if (range === null) return 0;
  const fromHour = Math.max(range.firstHour, hour - MEMORY);
  const clock = await readServerClock(db);
  const target = hour - TRAINING_LAG + 1;
  const through = await trainedHour(db);
  const wanted = await readTroubled(db, fromHour);
  const change = changeOf(wanted, await readUntrained(db, fromHour), through ?? target);
  const first = Math.max(hour - MOST_BEHIND, Math.min(hour, since));
  const trains = trainsBy(wanted);
  const plan: Plan = { db, hour, since: first, fromHour, trains, version: clock };
  const late = await readLateHeirs(db);
  const anew = [...change.clients, ...(await clientsOf(db, late))];
  if (through === null || target - through > LONG_PAUSE) await learnAll(plan, target);
  else await learnSince(plan, through, target, anew);
  if (late !== null) await foldedLateHeirs(db, late);
  await writeUntrained(db, change.rows, clock);
  await writeStageState(db, 'detector', 'trained-at', Math.floor(clock / 1000));
  return readRemembered(db);
}

/** The hour that is expected once another is learnt, if it is yet to be looked at. */
function expectedAfter(plan: Plan): (hour: number) => number | null {
  return (hour) => (hour + TRAINING_LAG >= plan.since ? hour + TRAINING_LAG : null);
}

/** Who took over when, as far as it was found out while it was trained. */
async function heirsOf({ db, fromHour }: Plan, through: number): Promise<(hour: number) => Heir[]> {
  const links = await readSuccessions(db, fromHour, through);
  const byHour = Map.groupBy(links, (one) => one.linkedHour);
  return (hour) =>
    (byHour.get(hour) ?? []).map(({ tokenHash, predecessor }) => ({
      token: tokenHash,
      predecessor,
    }));
}

async function learnAll(plan: Plan, through: number): Promise<void> {
  const heirs = await heirsOf(plan, through);
  await refold({ ...plan, through, expectedAfter: expectedAfter(plan), heirs });
}

async function learnSince(
  plan: Plan,
  through: number,
  target: number,
  anew: readonly string[],
): Promise<void> {
  const { db, fromHour } = plan;
  const since = await readStageState(db, 'detector', 'trained-at');
  const seconds = typeof since === 'number' ? since : 0;
  const stale = await readStaleClients(db, seconds - OVERLAP, through, fromHour);
  const clients = [...new Set([...stale, ...anew])];
  const after = expectedAfter(plan);
  if (clients.length > 0) {
    const heirs = await heirsOf(plan, through);
    await refold({ ...plan, through, clients, expectedAfter: after, heirs });
  }
  for (let hour = through + 1; hour <= target; hour += 1) {
    const version = await readServerClock(db);
    await linkSuccessors(db, hour, (key) => plan.trains(key, hour));
    const heirs = (await heirsOf({ ...plan, fromHour: hour }, hour))(hour);
    await learnStep({ ...plan, hour, expected: after(hour), heirs, version });
  }
}
