import type { Ancestry } from '../../store/detection/ancestry.ts';
import {
  ESTABLISHED_HOURS,
  GAP_HOURS,
  MOST_OF_CLIENT,
  NEW_HOURS,
  SILENT_HOURS,
  readIdentities,
} from '../../store/detection/lineage.ts';
import type { Generation, Generations, Succession } from '../../store/detection/lineage.ts';
import type { MinutesRow } from '../../store/detection/replay.ts';
import type { Db } from '../../store/db.ts';
import { successionsOf } from '../training/lineage.ts';
import type { Heir, Lookup, Trains, VolumeBook } from '../volume/book.ts';
import { HOUR_MS, MINUTE_MS } from '../volume/calendar.ts';
import { meanOf, mixtureOf } from '../volume/expectation.ts';
import type { ValueBook } from './values.ts';

/** A token so far; epoch ms. */
interface Life {
  clientId: string;
  calls: number;
  firstSeen: number;
  lastSeen: number;
}

/** What successions are found by, besides the calls. */
export interface Witnesses {
  db: Db;
  volume: VolumeBook;
  values: ValueBook;
  trains: Trains;
}

/**
 * Who takes over from whom in a replay, found by the rules of live training (`training/lineage.ts`), from
 * what had come by the hour. What tokens say of themselves (id, environment, grant) is asked of the
 * store, which knows the latest only.
 */
export class Successions {
  readonly #lives = new Map<string, Life>();
  readonly #links: Succession[] = [];
  /** Of whoever follows another one: all that it follows, and since which hour. */
  readonly #kin = new Map<string, { since: number; ancestors: readonly string[] }>();
  readonly #followed = new Set<string>();
  readonly #heirs = new Map<number, Heir[]>();

  /** Who took over from whom so far. */
  get all(): readonly Succession[] {
    return this.#links;
  }

  /** Notes the calls of an hour. */
  note(hour: number, rows: readonly MinutesRow[]): void {
    for (const { tokenHash, clientId, minutes, counts } of rows) {
      const calls = counts.reduce((sum, n) => sum + n, 0);
      const at = (minute: number): number => hour * HOUR_MS + minute * MINUTE_MS;
      const [first, last] = [at(Math.min(...minutes)), at(Math.max(...minutes))];
      const life = this.#lives.get(tokenHash);
      if (life === undefined) {
        this.#lives.set(tokenHash, { clientId, calls, firstSeen: first, lastSeen: last });
        continue;
      }
      life.clientId = clientId;
      life.calls += calls;
      life.lastSeen = Math.max(life.lastSeen, last);
    }
  }

  /** Links whoever took over by the end of an hour that is about to be learnt. */
  async link(hour: number, { db, volume, values, trains }: Witnesses): Promise<void> {
    const { newcomers, silent } = this.#candidates((hour + 1) * HOUR_MS, (key) =>
      trains(key, hour),
    );
    if (newcomers.length === 0 || silent.length === 0) return;
    const hashes = [...newcomers, ...silent].map((one) => one.tokenHash);
    const identities = await readIdentities(db, hashes);
    const told = ({ missed, ...one }: Generation): Generation => ({
      ...one,
      ...identities.get(one.tokenHash),
      missed,
    });
    const lookups = new Map<number, Lookup>();
    const at = (silentHour: number): Lookup => {
      const known = lookups.get(silentHour) ?? volume.at(silentHour);
      lookups.set(silentHour, known);
      return known;
    };
    const generations: Generations = {
      newcomers: newcomers.map(told),
      silent: silent.map((one) => told({ ...one, missed: missedOf(at, one, hour) })),
    };
    const habits = new Map(hashes.map((hash) => [hash, habitsOf(values, hash)]));
    const found = successionsOf(generations, habits, hour);
    for (const { tokenHash, predecessor } of found) {
      const ancestors = [predecessor, ...(this.#kin.get(predecessor)?.ancestors ?? [])];
      this.#kin.set(tokenHash, { since: hour, ancestors });
      this.#followed.add(predecessor);
    }
    this.#links.push(...found);
    const heirs = found.map(({ tokenHash, predecessor }) => ({ token: tokenHash, predecessor }));
    this.#heirs.set(hour, heirs);
  }

  /** Those who take over once an hour is learnt. */
  heirsAt(hour: number): readonly Heir[] {
    return this.#heirs.get(hour) ?? [];
  }

  /** Whom tokens follow by what was linked by the hours before one. */
  before(hour: number): Ancestry {
    return (token) => {
      const kin = this.#kin.get(token);
      return kin !== undefined && kin.since < hour ? kin.ancestors : [];
    };
  }

  /** The same bounds as `readGenerations` sets in SQL. */
  #candidates(end: number, isUntroubled: (key: string) => boolean): Generations {
    const began = new Map<string, number>();
    const newcomers: Generation[] = [];
    const since = end - NEW_HOURS * HOUR_MS;
    for (const [tokenHash, life] of this.#lives) {
      const { clientId, firstSeen } = life;
      if (clientId === '' || firstSeen < since || firstSeen >= end) continue;
      if (this.#kin.has(tokenHash)) continue;
      newcomers.push(generationOf(tokenHash, life));
      began.set(clientId, Math.min(began.get(clientId) ?? Infinity, firstSeen));
    }
    const silent: Generation[] = [];
    for (const [tokenHash, life] of this.#lives) {
      const begin = began.get(life.clientId);
      if (begin === undefined || life.lastSeen >= end - SILENT_HOURS * HOUR_MS) continue;
      if (life.lastSeen < begin - GAP_HOURS * HOUR_MS || this.#followed.has(tokenHash)) continue;
      if (life.firstSeen >= begin - ESTABLISHED_HOURS * HOUR_MS) continue;
      silent.push(generationOf(tokenHash, life));
    }
    const clients = new Set(silent.map((one) => one.clientId));
    const open = newcomers.filter((one) => clients.has(one.clientId));
    return {
      newcomers: firstOfEach(open, (one) => one.firstSeen, isUntroubled),
      silent: firstOfEach(silent, (one) => one.lastSeen, isUntroubled),
    };
  }
}

function generationOf(tokenHash: string, life: Life): Generation {
  return { tokenHash, ...life, tokenId: '', environment: '', granted: [], missed: 0 };
}

/** The first of each client, in some order; without those under an incident. */
function firstOfEach(
  all: readonly Generation[],
  by: (one: Generation) => number,
  isUntroubled: (key: string) => boolean,
): Generation[] {
  const ordered = all.toSorted((a, b) => by(a) - by(b) || (a.tokenHash < b.tokenHash ? -1 : 1));
  return [...Map.groupBy(ordered, (one) => one.clientId).values()]
    .flatMap((some) => some.slice(0, MOST_OF_CLIENT))
    .filter((one) => isUntroubled(one.tokenHash));
}

/** Calls that were expected of a token in the whole hours since its last call, up to an hour. */
function missedOf(
  at: (hour: number) => Lookup,
  { tokenHash, clientId, lastSeen }: Generation,
  hour: number,
): number {
  let missed = 0;
  for (let silent = Math.floor(lastSeen / HOUR_MS) + 1; silent <= hour; silent += 1) {
    const found = at(silent).token(tokenHash, clientId);
    if (found?.known === true) missed += meanOf(mixtureOf(found.expectation, 2, 59, 1));
  }
  return missed;
}

function habitsOf(values: ValueBook, tokenHash: string): Set<string> {
  const habits = new Set<string>();
  for (const [dimension, known] of values.own.get(tokenHash) ?? [])
    for (const value of known.keys()) habits.add(`${dimension}\0${value}`);
  return habits;
}
