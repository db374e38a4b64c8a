import type { Db } from '../../store/db.ts';
import { readLinked, readLinkedSince, writeSuccessions } from '../../store/detection/lineage.ts';
import type { Succession } from '../../store/detection/lineage.ts';
import { readStageState, writeStageState } from '../../store/stage-state.ts';

/** Tokens that took over before it was noticed: what their clients are known for is to be folded anew. */
export interface LateHeirs {
  /** When the first and the last of them were noted that are not folded yet, epoch ms of the server's clock. */
  since: number;
  at: number;
}

/**
 * Keeps successions that a replay of the stored history found and training did not, because that
 * history came all at once: those of tokens that neither follow another one nor are followed yet.
 *
 * @param at the server's clock, epoch ms
 */
export async function keepLateHeirs(
  db: Db,
  found: readonly Succession[],
  at: number,
): Promise<void> {
  const linked = await readLinked(
    db,
    found.flatMap((one) => [one.tokenHash, one.predecessor]),
  );
  const late = found.filter(
    (one) => !linked.heirs.has(one.tokenHash) && !linked.predecessors.has(one.predecessor),
  );
  if (late.length === 0) return;
  // In order, so that whoever follows an heir finds its ancestors.
  const byHour = [...Map.groupBy(late, (one) => one.linkedHour)].sort((a, b) => a[0] - b[0]);
  for (const [, some] of byHour) await writeSuccessions(db, some);
  const since = (await readLateHeirs(db))?.since ?? at;
  await writeStageState(db, 'detector', 'late-heirs', { since, at } satisfies LateHeirs);
}

/** Those that wait to be folded anew; null when there are none. */
export async function readLateHeirs(db: Db): Promise<LateHeirs | null> {
  // Both are written here alone.
  const noted = (await readStageState(db, 'detector', 'late-heirs')) as LateHeirs | null;
  const folded = (await readStageState(db, 'detector', 'late-heirs-folded')) as number | null;
  return noted === null || noted.at === folded ? null : noted;
}

/** Their clients. */
export async function clientsOf(db: Db, late: LateHeirs | null): Promise<string[]> {
  return late === null ? [] : readLinkedSince(db, late.since);
}

/** They have been folded anew. */
export async function foldedLateHeirs(db: Db, { at }: LateHeirs): Promise<void> {
  await writeStageState(db, 'detector', 'late-heirs-folded', at);
}
