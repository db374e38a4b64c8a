import type { Db } from './db.ts';

export interface HashedInsert {
  table: string;
  /** ClickHouse types as the JSON carries them: text for times and hex. */
  columns: Readonly<Record<string, string>>;
  /** Columns of `FixedString`, carried as hex; empty text becomes zero bytes. */
  hashes: readonly string[];
  /** Columns of `DateTime64(3)`, carried as epoch ms. */
  times: readonly string[];
}

/**
 * Inserts row objects whose hashes are hex and whose times are epoch milliseconds. JSON cannot carry
 * raw bytes, so ClickHouse itself turns them, by `input()`. Resolves when the rows are committed.
 */
export async function insertHashed(
  db: Db,
  insert: HashedInsert,
  rows: readonly object[],
): Promise<void> {
  const names = Object.keys(insert.columns);
  const expressions = names.map((name) => {
    if (insert.hashes.includes(name)) return `unhex(${name})`;
    if (insert.times.includes(name)) return `fromUnixTimestamp64Milli(${name}, 'UTC')`;
    return name;
  });
  const structure = names.map((name) => `${name} ${insert.columns[name] ?? 'String'}`).join(', ');
  // Quotes inside the structure (Enum8) would end the literal.
  const literal = structure.replaceAll("'", "\\'");
  await db.insert(
    `${insert.table} (${names.join(', ')}) SELECT ${expressions.join(', ')} FROM input('${literal}')`,
    rows,
  );
}
