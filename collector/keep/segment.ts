import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { bufferPassed } from '../background/young-buffers.ts';

/** Where one block lies in a segment's file. */
export interface Place {
  at: number;
  length: number;
  /** Of the record's head and of the block. */
  checksum: number;
  rows: number;
}

export const SEGMENT_MAGIC = Buffer.from('TWSPOOL2');
/** Length of the block, its rows, checksum of both and of the block. */
const RECORD = 12;

/** Magic, length of the token, token, checksum of both. */
function headOf(token: string): Buffer {
  const text = Buffer.from(token, 'utf8');
  const head = Buffer.alloc(SEGMENT_MAGIC.length + 8 + text.length);
  SEGMENT_MAGIC.copy(head);
  head.writeUInt32LE(text.length, 8);
  text.copy(head, 12);
  head.writeUInt32LE(crc32(head.subarray(8, 12 + text.length)), 12 + text.length);
  return head;
}

function recordOf(rows: number, block: Buffer): Buffer {
  const head = Buffer.alloc(RECORD);
  head.writeUInt32LE(block.length, 0);
  head.writeUInt32LE(rows, 4);
  head.writeUInt32LE(crc32(block, crc32(head.subarray(0, 8))), 8);
  return head;
}

/** Bytes that a block takes in a segment. */
export function recordBytes(block: Buffer): number {
  return RECORD + block.length;
}

/**
 * Writes all of it: a disk that fills up takes a part without an error, and says so only when asked
 * for more.
 */
export async function writeAll(handle: FileHandle, parts: Buffer[], at: number): Promise<void> {
  const { bytesWritten } = await handle.writev(parts, at);
  if (bytesWritten === parts.reduce((sum, part) => sum + part.length, 0)) return;
  let rest = Buffer.concat(parts).subarray(bytesWritten);
  let place = at + bytesWritten;
  while (rest.length > 0) {
    const next = await handle.write(rest, 0, rest.length, place);
    if (next.bytesWritten === 0) throw new Error('the disk takes no more');
    rest = rest.subarray(next.bytesWritten);
    place += next.bytesWritten;
  }
}

/** A file that blocks are appended to until it is full, or until it is to be inserted. */
export class Segment {
  readonly places: Place[] = [];
  rows = 0;
  readonly #handle: FileHandle;
  #end: number;

  private constructor(handle: FileHandle, end: number) {
    this.#handle = handle;
    this.#end = end;
  }

  /** Makes the file, with nothing but the token under which all of it will be inserted. */
  static async create(file: string, token: string): Promise<Segment> {
    const handle = await open(file, 'wx', 0o600);
    const head = headOf(token);
    await writeAll(handle, [head], 0);
    return new Segment(handle, head.length);
  }

  /** Resolves when the block is on the disk; after a failure the file ends where it ended before. */
  async append(rows: number, block: Buffer): Promise<void> {
    const head = recordOf(rows, block);
    const at = this.#end;
    try {
      await writeAll(this.#handle, [head, block], at);
      await this.#handle.datasync();
    } catch (error) {
      await this.#handle.truncate(at);
      throw error;
    }
    this.#end = at + recordBytes(block);
    const checksum = head.readUInt32LE(8);
    this.places.push({ at: at + RECORD, length: block.length, checksum, rows });
    this.rows += rows;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

export interface Scanned {
  token: string;
  places: Place[];
  /** Where the last whole record ends; what lies beyond was not acknowledged, or is damaged. */
  end: number;
}

/** What a segment's file holds, or null when not even its head can be read. */
export function scanSegment(bytes: Buffer): Scanned | null {
  if (bytes.length < SEGMENT_MAGIC.length + 8) return null;
  if (!bytes.subarray(0, SEGMENT_MAGIC.length).equals(SEGMENT_MAGIC)) return null;
  const tokenEnd = 12 + bytes.readUInt32LE(8);
  if (tokenEnd + 4 > bytes.length) return null;
  if (bytes.readUInt32LE(tokenEnd) !== crc32(bytes.subarray(8, tokenEnd))) return null;
  const places: Place[] = [];
  let end = tokenEnd + 4;
  while (end + RECORD <= bytes.length) {
    const length = bytes.readUInt32LE(end);
    const at = end + RECORD;
    if (at + length > bytes.length) break;
    const checksum = bytes.readUInt32LE(end + 8);
    const head = crc32(bytes.subarray(end, end + 8));
    if (crc32(bytes.subarray(at, at + length), head) !== checksum) break;
    places.push({ at, length, checksum, rows: bytes.readUInt32LE(end + 4) });
    end = at + length;
  }
  return { token: bytes.toString('utf8', 12, tokenEnd), places, end };
}

/**
 * The blocks of a segment, one at a time.
 *
 * @param onDamage told before the reading ends in an error, when a block is not as it was written
 */
export async function* readBlocks(
  file: string,
  places: readonly Place[],
  onDamage: () => void,
): AsyncGenerator<Buffer> {
  const handle = await open(file, 'r');
  try {
    for (const { at, length, checksum, rows } of places) {
      const block = Buffer.allocUnsafe(length);
      const { bytesRead } = await handle.read(block, 0, length, at);
      const head = Buffer.alloc(8);
      head.writeUInt32LE(length, 0);
      head.writeUInt32LE(rows, 4);
      if (bytesRead !== length || crc32(block, crc32(head)) !== checksum) {
        onDamage();
        throw new Error(`${file}: a block is damaged`);
      }
      yield block;
      bufferPassed(length);
    }
  } finally {
    await handle.close();
  }
}
