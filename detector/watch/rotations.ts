import type { Sibling } from '../../store/detection/ages.ts';

/** A token that took over from another of its client. */
export interface Rotation {
  old: Sibling;
  young: Sibling;
  /** The first call of the new one, epoch ms. */
  at: number;
}

/** Of an old token's life, the part in which a new one counts as its successor. */
const LAST_PART = 2 / 3;

/** Whether the new token is there to replace the old one, and not to be used beside it. */
function replaces(young: Sibling, old: Sibling): boolean {
  if (old.since >= young.since || old.issuedAt >= young.issuedAt) return false;
  if (old.tokenId !== '' && old.tokenId === young.tokenId) return true;
  const life = old.expiresAt - old.issuedAt;
  const isLate = life > 0 && young.issuedAt >= old.issuedAt + life * LAST_PART;
  return (
    isLate &&
    old.environment === young.environment &&
    old.granted.join(' ') === young.granted.join(' ')
  );
}

/**
 * Rotations among the tokens of some clients, by the first call of the new token.
 *
 * @param range of that call, epoch ms, [from, to)
 */
export function rotationsIn(
  tokens: readonly Sibling[],
  range: { from: number; to: number },
): Rotation[] {
  const byClient = Map.groupBy(tokens, (one) => one.clientId);
  const rotations: Rotation[] = [];
  for (const siblings of byClient.values()) {
    for (const young of siblings) {
      if (young.since < range.from || young.since >= range.to) continue;
      const olds = siblings.filter((old) => replaces(young, old));
      // Where several could be meant, nobody knows which one it took over from.
      const [old] = olds;
      if (olds.length === 1 && old !== undefined) rotations.push({ old, young, at: young.since });
    }
  }
  return rotations;
}
