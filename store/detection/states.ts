import { Readable } from 'node:stream';
import type { Db } from '../db.ts';
import { TABLES } from '../tables.ts';
import { RowReader } from './row-reader.ts';
import { hoursSql } from './hours.ts';
import { within } from './key-ranges.ts';
import type { KeyRange } from './key-ranges.ts';

/** What is remembered of one entity; see migration 011. */
export interface StateRow {
  entity: 'token' | 'client' | 'all';
  /** Lower-case hex, 64 digits. */
  key: string;
  clientId: string;
  /** The last trained hour and the last one with calls, since the epoch. */
  hour: number;
  active: number;
  state: Float32Array;
  gone: boolean;
}

/** An entity as a pass over one hour meets it: what was remembered, and what it did in the hour. */
export interface StateAndHour {
  key: string;
  /** As remembered; empty when it is new. */
  clientId: string;
  /** The last trained hour; 0 when it is new. */
  hour: number;
  /** Empty when it is new. */
  state: Float32Array;
  /** Whether it has a row in the hour; and the client that it called for, and its sums. */
  called: boolean;
  calledFor: string;
  calls: number;
  q1: number;
  q5: number;
}

const ENTITY = { token: 1, client: 2, all: 3 } as const;
const ZERO_KEY = '0'.repeat(64);
/** The key of the one state that is of everybody. */
export const EVERYBODY = ZERO_KEY;

function encode(rows: readonly StateRow[], version: bigint): Buffer {
  const clients = rows.map((row) => Buffer.from(row.clientId, 'utf8'));
  const size = rows.reduce(
    (sum, row, i) => sum + 60 + (clients[i]?.length ?? 0) + 4 * row.state.length,
    0,
  );
  const buffer = Buffer.allocUnsafe(size);
  let at = 0;
  const length = (n: number): void => {
    let rest = n;
    while (rest >= 128) {
      at = buffer.writeUInt8((rest & 127) | 128, at);
      rest >>>= 7;
    }
    at = buffer.writeUInt8(rest, at);
  };
  rows.forEach((row, i) => {
    const client = clients[i] ?? Buffer.alloc(0);
    at = buffer.writeUInt8(ENTITY[row.entity], at);
    at += buffer.write(row.key, at, 'hex');
    length(client.length);
    at += client.copy(buffer, at);
    at = buffer.writeUInt32LE(row.hour * 3600, at);
    at = buffer.writeUInt32LE(row.active * 3600, at);
    length(row.state.length);
    const { buffer: bytes, byteOffset, byteLength } = row.state;
    at += Buffer.from(bytes, byteOffset, byteLength).copy(buffer, at);
    at = buffer.writeBigUInt64LE(version, at);
    at = buffer.writeUInt8(row.gone ? 1 : 0, at);
  });
  return buffer.subarray(0, at);
}

/** Keeps states; of the same entity the one with the highest version counts. */
export async function writeStates(
  db: Db,
  rows: readonly StateRow[],
  version: number,
): Promise<void> {
  if (rows.length === 0) return;
  const result = await db.client.exec({
    query: `INSERT INTO ${db.database}.${TABLES.volumeState}
      (entity, entity_key, client_id, hour, active, state, version, gone) FORMAT RowBinary`,
    values: Readable.from([encode(rows, BigInt(version))], { objectMode: false }),
  });
  result.stream.resume();
}

/** Reads the states of one kind and the rows of one hour side by side, both in a range of keys. */
export async function* readStatesAndHour(
  db: Db,
  entity: 'token' | 'client',
  hour: number,
  range: KeyRange,
): AsyncGenerator<StateAndHour> {
  const key = entity === 'token' ? 'unhex(tokenHash)' : 'SHA256(clientId)';
  const only = entity === 'token' ? within('token_hash') : within('SHA256(client_id)');
  const sql = `
    SELECT key, s.client_id, toUInt32(intDiv(toUnixTimestamp(s.hour), 3600)), s.state,
      h.called, h.client, h.calls, h.q1, h.q5
    FROM (
      SELECT entity_key AS key, client_id, hour, state FROM ${db.database}.${TABLES.volumeState} FINAL
      WHERE entity = '${entity}' AND ${within('entity_key')}
    ) AS s
    FULL JOIN (
      SELECT toFixedString(${key}, 32) AS key, toUInt8(1) AS called, toString(max(clientId)) AS client,
        toFloat64(sum(calls)) AS calls, toFloat64(sum(q1)) AS q1, toFloat64(sum(q5)) AS q5
      FROM (${hoursSql(db, entity, only)}) GROUP BY key
    ) AS h USING (key)
    FORMAT RowBinary`;
  const params = { ...range, from: hour * 3600, to: (hour + 1) * 3600 };
  const { stream } = await db.client.exec({ query: sql, query_params: params });
  const reader = new RowReader();
  for await (const chunk of stream) {
    reader.push(chunk as Buffer);
    yield* reader.rows(stateAndHour);
  }
  reader.end();
}

function stateAndHour(reader: RowReader): StateAndHour {
  return {
    key: reader.hex(32),
    clientId: reader.text(),
    hour: reader.uint32(),
    state: reader.floats(),
    called: reader.uint8() === 1,
    calledFor: reader.text(),
    calls: reader.float64(),
    q1: reader.float64(),
    q5: reader.float64(),
  };
}

/** States by their keys; of entities that are remembered. */
export async function readStates(
  db: Db,
  entity: StateRow['entity'],
  keys: readonly string[],
): Promise<StateRow[]> {
  if (keys.length === 0) return [];
  const rows = await db.query<Omit<StateRow, 'state'> & { numbers: number[] }>(
    `SELECT toString(entity) AS entity, lower(hex(entity_key)) AS key, client_id AS clientId,
       intDiv(toUnixTimestamp(v.hour), 3600) AS hour, intDiv(toUnixTimestamp(v.active), 3600) AS active,
       state AS numbers, gone = 1 AS gone
     FROM ${db.database}.${TABLES.volumeState} AS v FINAL
     WHERE entity = {entity:String} AND entity_key IN (SELECT toFixedString(unhex(arrayJoin({keys:Array(String)})), 32))`,
    { entity, keys: [...new Set(keys)] },
  );
  return rows.map(({ numbers, ...row }) => ({ ...row, state: Float32Array.from(numbers) }));
}
