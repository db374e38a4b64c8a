import { Readable } from 'node:stream';
import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { CALL_COLUMNS } from './call-block.ts';

/** So that all blocks of an insert become one: no bound is ever reached. */
const ALL_ROWS = '10000000';

/**
 * Inserts Native blocks of calls as one; resolves when ClickHouse has committed it. A repeated insert
 * with the same token adds nothing, in the calls or in the rollups behind them.
 *
 * @param blocks bytes as {@link CallBlock.encode} makes them, or several such
 * @throws the client's error when the server cannot be reached or refuses
 */
export async function insertCallBlock(
  db: Db,
  blocks: Buffer | AsyncIterable<Buffer>,
  deduplicationToken: string,
): Promise<void> {
  const result = await db.client.exec({
    query: `INSERT INTO ${db.database}.${TABLES.calls} (${CALL_COLUMNS.join(', ')}) FORMAT Native`,
    values: Readable.from(Buffer.isBuffer(blocks) ? [blocks] : blocks, { objectMode: false }),
    clickhouse_settings: {
      insert_deduplication_token: deduplicationToken,
      deduplicate_blocks_in_dependent_materialized_views: 1,
      // A history of many years may come in one block.
      max_partitions_per_insert_block: '0',
      // One insert, one part: a token names the whole of it, and the views see all of it at once.
      max_insert_block_size: ALL_ROWS,
      min_insert_block_size_rows: ALL_ROWS,
      min_insert_block_size_bytes: '0',
      max_block_size: ALL_ROWS,
      // A view that groups into buckets would hand on many small blocks.
      group_by_two_level_threshold: '0',
      group_by_two_level_threshold_bytes: '0',
      // What the views hand on is grouped already: adding it up once more is left to merges.
      optimize_on_insert: 0,
    },
  });
  result.stream.resume();
}
