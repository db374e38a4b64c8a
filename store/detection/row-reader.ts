import type { Db, Params } from '../db.ts';
import { withLongLists } from '../long-lists.ts';

/** Not enough bytes have come for a whole row. */
const SHORT = new Error('not enough bytes for a row');

/** Reads rows of ClickHouse's RowBinary format out of a stream of chunks. */
export class RowReader {
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Takes the next chunk; all whole rows must have been read before. */
  push(chunk: Buffer): void {
    const rest = this.#buffer.subarray(this.#at);
    this.#buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    this.#at = 0;
  }

  /** The whole rows that have come; `read` calls the methods below, one for each column. */
  *rows<T>(read: (reader: RowReader) => T): Generator<T> {
    while (this.#at < this.#buffer.length) {
      const begin = this.#at;
      let row: T;
      try {
        row = read(this);
      } catch (error) {
        if (error !== SHORT) throw error;
        this.#at = begin;
        return;
      }
      yield row;
    }
  }

  /**
   * @throws Error when bytes are left over: the answer was cut off, or ends with an error message
   */
  end(): void {
    const rest = this.#buffer.subarray(this.#at);
    if (rest.length > 0) throw new Error(`the answer of ClickHouse ends within a row`);
  }

  #take(bytes: number): number {
    const begin = this.#at;
    if (begin + bytes > this.#buffer.length) throw SHORT;
    this.#at = begin + bytes;
    return begin;
  }

  #length(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.uint8();
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  }

  uint8(): number {
    return this.#buffer.readUInt8(this.#take(1));
  }

  uint32(): number {
    return this.#buffer.readUInt32LE(this.#take(4));
  }

  float64(): number {
    return this.#buffer.readDoubleLE(this.#take(8));
  }

  /** Raw bytes as lower-case hex. */
  hex(bytes: number): string {
    const begin = this.#take(bytes);
    return this.#buffer.toString('hex', begin, begin + bytes);
  }

  text(): string {
    const bytes = this.#length();
    const begin = this.#take(bytes);
    return this.#buffer.toString('utf8', begin, begin + bytes);
  }

  /** An Array(UInt64), copied: the low and the high half of each. */
  halves(): Uint32Array {
    const length = this.#length();
    const begin = this.#take(8 * length);
    const halves = new Uint32Array(2 * length);
    this.#buffer.copy(new Uint8Array(halves.buffer), 0, begin, begin + 8 * length);
    return halves;
  }

  /** An Array(Float32), copied. */
  floats(): Float32Array {
    const length = this.#length();
    const begin = this.#take(4 * length);
    const floats = new Float32Array(length);
    this.#buffer.copy(new Uint8Array(floats.buffer), 0, begin, begin + 4 * length);
    return floats;
  }
}

/** The rows of a SELECT (without FORMAT) as they come; `read` calls the reader's methods, one for each column. */
export async function* streamRows<T>(
  db: Db,
  sql: string,
  params: Params,
  read: (reader: RowReader) => T,
): AsyncGenerator<T> {
  const long = withLongLists(`${sql} FORMAT RowBinary`, params);
  const { stream } = await db.client.exec({ query: long.sql, query_params: long.params });
  const reader = new RowReader();
  for await (const chunk of stream) {
    reader.push(chunk as Buffer);
    yield* reader.rows(read);
  }
  reader.end();
}
