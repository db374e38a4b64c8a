import type { Retention } from '../config/retention.ts';
import { LOCAL, createRenderer } from './cluster/render.ts';
import type { Db } from './db.ts';

/** The column by which the rows of each table grow old, as a DateTime. */
const AGE: Readonly<Record<keyof Retention, string>> = {
  calls: 'toDateTime(ingested_at)',
  token_minute: 'written_at',
  client_minute: 'written_at',
  activity_minute: 'written_at',
  token_objects: 'written_at',
  object_clients: 'written_at',
  nonce_uses: 'written_at',
  token_certificates: 'written_at',
  client_amounts: 'written_at',
  token_hour: 'hour',
  client_hour: 'hour',
  token_values: 'hour',
  endpoint_hour: 'hour',
  global_values: 'day',
  findings: 'toDateTime(written_at)',
  deliveries: 'toDateTime(updated_at)',
  surprises: 'written_at',
  volume_profile: 'written_at',
  hygiene: 'day',
  stage_metrics: 'at',
};

const DAY = 86_400_000;

/**
 * Brings the times that tables keep their rows to what is configured; does nothing where they are
 * that already. ClickHouse works out anew in the background when rows are to go,
 * and drops them when it next merges their part.
 *
 * @returns the tables that were changed
 */
export async function applyRetention(db: Db, retention: Retention): Promise<string[]> {
  const rows = await db.query<{ name: string; ttl: string }>(
    `SELECT replaceRegexpOne(name, '${LOCAL}$', '') AS name, extract(engine_full, ' TTL (.*?)(?: SETTINGS |$)') AS ttl FROM system.tables
     WHERE database = {database:String} AND engine LIKE '%MergeTree'`,
    { database: db.database },
  );
  const present = new Map(rows.map((row) => [row.name, row.ttl]));
  const render = db.cluster === null ? (one: string) => [one] : createRenderer(db.cluster);
  const changed: string[] = [];
  for (const [table, keep] of Object.entries(retention) as [keyof Retention, number | null][]) {
    const wanted = keep === null ? '' : `${AGE[table]} + toIntervalDay(${String(keep / DAY)})`;
    const is = present.get(table);
    if (is === undefined || is === wanted) continue;
    const change = wanted === '' ? 'REMOVE TTL' : `MODIFY TTL ${wanted}`;
    const alter = `ALTER TABLE {database}.${table} ${change}`;
    for (const one of render(alter)) await db.everywhere(one.replaceAll('{database}', db.database));
    changed.push(table);
  }
  return changed;
}
