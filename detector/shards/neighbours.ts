import { shardName } from '../../config/shard.ts';
import type { Shard } from '../../config/shard.ts';
import type { Progress } from '../../store/detection/progress.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, serviceEntity } from '../watch/notice.ts';

/** Another detector of the same layout. */
export interface Neighbour {
  shard: Shard;
  /** When it last kept how far it had come (or since when it is waited for); epoch ms, server's clock. */
  since: number;
}

/**
 * The other detectors of a layout.
 *
 * @param waiting since when this one looks: who has not been there since is waited for from then on
 */
export function neighboursOf(
  { index, count }: Shard,
  progress: readonly Progress[],
  waiting: number,
): Neighbour[] {
  return Array.from({ length: count }, (_, i) => ({ index: i + 1, count }))
    .filter((shard) => shard.index !== index)
    .map((shard) => {
      const kept = progress.find((one) => shardName(one.shard) === shardName(shard));
      return { shard, since: Math.max(waiting, kept?.at ?? 0) };
    });
}

/** Whether of those that look this one comes next after a silent one: one of them is to say so. */
function isNext(own: Shard, silent: Shard, others: ReadonlySet<number>): boolean {
  for (let step = 1; step < own.count; step += 1) {
    const index = ((silent.index - 1 + step) % own.count) + 1;
    if (index === own.index) return true;
    if (!others.has(index)) return false;
  }
  return false;
}

/** What a detector says of its neighbours at a moment (epoch ms, the server's clock). */
export function noticeSilent(
  own: Shard,
  neighbours: readonly Neighbour[],
  now: number,
): OpenNotice[] {
  const detection = DETECTIONS.pipelineShardSilent;
  const silent = neighbours.flatMap(({ shard, since }) => {
    const window = { shard: shardName(shard), since, now };
    const noticed = detection.detect(window, {}, detection.parameters);
    return noticed === null ? [] : [{ shard, since, noticed }];
  });
  const gone = new Set(silent.map(({ shard }) => shard.index));
  return silent
    .filter(({ shard }) => isNext(own, shard, gone))
    .flatMap(({ shard, since, noticed }) =>
      noticesOf({
        ...{ detection, noticed, decidedAt: now },
        entity: serviceEntity(`detector ${shardName(shard)}`),
        moment: `since ${String(since)}`,
      }),
    );
}
