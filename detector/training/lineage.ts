import type { Db } from '../../store/db.ts';
import { readGenerations, readHabits, writeSuccessions } from '../../store/detection/lineage.ts';
import type { Generation, Generations, Succession } from '../../store/detection/lineage.ts';

/** The newcomer begins at most so long before its predecessor stops, and after, ms. */
const OVERLAP_MS = 48 * 3_600_000;
const GAP_MS = 6 * 3_600_000;
/** A token has stopped when so many calls were expected of it since, and none came. */
const MISSED = 6;
/** The share of the newcomer's habits that the predecessor must have known. */
const LIKENESS = 0.75;
/** Habits of where and in what a token lives: of these the predecessor must have known every one. */
const PLACES: ReadonlySet<string> = new Set(['country', 'asn', 'network_kind', 'environment']);

/**
 * How alike a newcomer is to a token that fell silent, 0 to 1; 0 when it cannot be its successor.
 *
 * Whoever holds a stolen token wants another's baseline: one that allows for many calls. So a
 * newcomer inherits only from a token of its own client that has stopped for good by its own measure;
 * that nobody else followed; whose countries, networks and environments include every one of the
 * newcomer's; and whose granted scopes include the newcomer's. Somebody who can mint a token for the
 * client, silence the old one, and call from its own network, is judged by the habits of the old one:
 * which is more than is known of a new token.
 */
export function likenessOf(
  newcomer: Generation,
  before: Generation,
  habits: ReadonlyMap<string, ReadonlySet<string>>,
): number {
  const from = newcomer.firstSeen;
  if (newcomer.clientId !== before.clientId || newcomer.tokenHash === before.tokenHash) return 0;
  if (before.lastSeen > from + OVERLAP_MS || before.lastSeen < from - GAP_MS) return 0;
  if (before.firstSeen >= from || newcomer.lastSeen <= before.lastSeen) return 0;
  const sameId = newcomer.tokenId !== '' && newcomer.tokenId === before.tokenId;
  if (before.missed < MISSED && !sameId) return 0;
  if (newcomer.environment !== before.environment) return 0;
  const granted = new Set(before.granted);
  if (granted.size > 0 && newcomer.granted.some((scope) => !granted.has(scope))) return 0;
  const known = habits.get(before.tokenHash) ?? new Set();
  const own = habits.get(newcomer.tokenHash) ?? new Set();
  let shared = 0;
  for (const habit of own) {
    if (known.has(habit)) shared += 1;
    else if (PLACES.has(habit.split('\0')[0] ?? '')) return 0;
  }
  const share = own.size === 0 ? 0 : shared / own.size;
  return share < LIKENESS ? 0 : share;
}

/** Calls an hour, over the time that a token was there. */
function paceOf(one: Generation): number {
  return one.calls / Math.max(1, (one.lastSeen - one.firstSeen) / 3_600_000);
}

/** Pairs newcomers with predecessors, the likest first, each token once. */
export function successionsOf(
  { newcomers, silent }: Generations,
  habits: ReadonlyMap<string, ReadonlySet<string>>,
  hour: number,
): Succession[] {
  const byClient = Map.groupBy(silent, (one) => one.clientId);
  const pairs = newcomers.flatMap((newcomer) =>
    (byClient.get(newcomer.clientId) ?? []).flatMap((before) => {
      const likeness = likenessOf(newcomer, before, habits);
      if (likeness === 0) return [];
      const apart = Math.abs(Math.log2(paceOf(newcomer) / paceOf(before)));
      const hours = Math.abs(newcomer.firstSeen - before.lastSeen) / 3_600_000;
      return [{ newcomer, before, likeness, rank: likeness - 0.05 * apart - 0.005 * hours }];
    }),
  );
  const taken = new Set<string>();
  const found: Succession[] = [];
  for (const { newcomer, before, likeness } of pairs.sort((a, b) => b.rank - a.rank)) {
    if (taken.has(newcomer.tokenHash) || taken.has(before.tokenHash)) continue;
    taken.add(newcomer.tokenHash).add(before.tokenHash);
    const { tokenHash, clientId } = newcomer;
    found.push({
      ...{ tokenHash, clientId, likeness },
      predecessor: before.tokenHash,
      linkedHour: hour,
    });
  }
  return found;
}

/**
 * Finds the tokens that took over from others by the end of a trained hour, and keeps them.
 *
 * @param untroubled whether an entity is under no incident: others neither inherit nor leave anything
 */
export async function linkSuccessors(
  db: Db,
  hour: number,
  untroubled: (key: string) => boolean,
): Promise<void> {
  const { newcomers, silent } = await readGenerations(db, hour);
  if (newcomers.length === 0 || silent.length === 0) return;
  const clients = new Set(silent.map((one) => one.clientId));
  const generations = {
    newcomers: newcomers.filter((one) => clients.has(one.clientId) && untroubled(one.tokenHash)),
    silent: silent.filter((one) => untroubled(one.tokenHash)),
  };
  const tokens = [...generations.newcomers, ...generations.silent].map((one) => one.tokenHash);
  const habits = await readHabits(db, tokens);
  await writeSuccessions(db, successionsOf(generations, habits, hour));
}
