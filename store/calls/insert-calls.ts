import { Readable } from 'node:stream';
import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { CALL_COLUMNS } from './call-block.ts';

/**
 * Inserts one Native block of calls; resolves when ClickHouse has committed it. A repeated insert
 * with the same token adds nothing, in the calls or in the rollups behind them.
 *
 * @param block bytes as {@link CallBlock.encode} makes them
 * @throws the client's error when the server cannot be reached or refuses
 */
export async function insertCallBlock(
  db: Db,
  block: Buffer,
  deduplicationToken: string,
): Promise<void> {
  const result = await db.client.exec({
    query: `INSERT INTO ${db.database}.${TABLES.calls} (${CALL_COLUMNS.join(', ')}) FORMAT Native`,
    values: Readable.from([block], { objectMode: false }),
    clickhouse_settings: {
      insert_deduplication_token: deduplicationToken,
      deduplicate_blocks_in_dependent_materialized_views: 1,
      // A history of many years may come in one block.
      max_partitions_per_insert_block: '0',
      // One block in, one part out: a token names the whole of it.
      max_insert_block_size: '1048576',
      min_insert_block_size_rows: '0',
    },
  });
  result.stream.resume();
}
