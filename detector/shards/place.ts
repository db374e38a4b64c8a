import type { Shard } from '../../config/shard.ts';
import type { Progress } from '../../store/detection/progress.ts';
import { ownsKey, rangeOfShard } from '../../store/detection/shard.ts';

/**
 * Where a shard goes on: the lowest point up to which each of its keys was looked at, by whichever
 * shard of whichever layout. A shard that is started again goes on where it stopped, whatever process
 * it was; one of a new layout goes on from the slowest of those that had its keys before.
 *
 * @param otherwise for keys that nobody ever looked at
 * @returns epoch ms, the server's clock
 */
export function placeOf(shard: Shard, progress: readonly Progress[], otherwise: number): number {
  const own = rangeOfShard(shard);
  // All keys between two edges had the same shards: one of each stretch stands for the rest.
  const edges = progress.flatMap(({ shard: one }) => [
    rangeOfShard(one).first,
    ...(one.index < one.count ? [rangeOfShard({ ...one, index: one.index + 1 }).first] : []),
  ]);
  const stretches = [own.first, ...edges.filter((key) => key > own.first && key <= own.last)];
  const places = stretches.map((key) =>
    progress
      .filter((one) => ownsKey(one.shard, key))
      .reduce<number | null>((most, { cursor }) => Math.max(most ?? cursor, cursor), null),
  );
  return Math.min(...places.map((place) => place ?? otherwise));
}
