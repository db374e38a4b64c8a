import { mkdir, open, readFile, readdir, rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import {
  SEGMENT_MAGIC,
  Segment,
  readBlocks,
  recordBytes,
  scanSegment,
  writeAll,
} from './segment.ts';
import type { Place } from './segment.ts';

/** Blocks on disk that wait to be inserted together: one file, one insert, one token. */
export interface SpoolEntry {
  file: string;
  bytes: number;
  rows: number;
  token: string;
  /** Where the blocks lie in the file. */
  places: Place[];
}

export interface SpoolOptions {
  folder: string;
  /** Most bytes on disk; 0 keeps nothing. */
  maxBytes: number;
  /** One line about a file that cannot be used; it is set aside, not deleted. */
  onProblem: (problem: string) => void;
  /** Unlike that of any other process: begins the deduplication tokens of segments. */
  instance: string;
}

/**
 * Rows at which a segment is full: what one insert takes at most. A row of a large insert costs the
 * rollups less than half of one in an insert of a fifth of the size, because each token is grouped once.
 */
export const SEGMENT_ROWS = 524_288;

const MAGIC = Buffer.from('TWSPOOL1');
/** Magic, checksum of all that follows, rows, length of the token. */
const HEADER = MAGIC.length + 4 + 4 + 4;
const NAME = /^(\d{12})\.block$/;

function encodeFile(token: string, rows: number, block: Buffer): Buffer[] {
  const text = Buffer.from(token, 'utf8');
  const head = Buffer.alloc(HEADER - MAGIC.length);
  head.writeUInt32LE(rows, 4);
  head.writeUInt32LE(text.length, 8);
  head.writeUInt32LE(crc32(block, crc32(text, crc32(head.subarray(4)))), 0);
  return [MAGIC, head, text, block];
}

interface Decoded {
  token: string;
  rows: number;
  places: Place[];
}

function decodeFile(bytes: Buffer): Decoded | null {
  if (bytes.length < HEADER || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const at = MAGIC.length;
  if (bytes.readUInt32LE(at) !== crc32(bytes.subarray(at + 4))) return null;
  const end = HEADER + bytes.readUInt32LE(at + 8);
  const token = bytes.subarray(HEADER, end).toString('utf8');
  const rows = bytes.readUInt32LE(at + 4);
  return { token, rows, places: [placeOf(rows, bytes, end)] };
}

/** The place of a file's only block, checked again when it is read. */
function placeOf(rows: number, bytes: Buffer, at: number): Place {
  const block = bytes.subarray(at);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(block.length, 0);
  head.writeUInt32LE(rows, 4);
  return { at, length: block.length, checksum: crc32(block, crc32(head)), rows };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Blocks that ClickHouse could not take yet, on disk, so that they survive `kill -9` and a power
 * cut. A block with a token of its own has a file of its own, which gets its name when it is
 * synced. Where many come one after another they are appended to a segment, each synced before it
 * is acknowledged, and inserted together: the further ClickHouse is behind, the larger the inserts.
 * The deduplication token lies in the file, so a replay adds nothing that is there already.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #entries: SpoolEntry[] = [];
  #bytes = 0;
  #sequence = 0;
  #open: { segment: Segment; entry: SpoolEntry } | null = null;
  /** Work on the open segment, one thing after another. */
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(options: SpoolOptions) {
    this.#options = options;
  }

  /** Opens the folder, with what an earlier process left in it. */
  static async open(options: SpoolOptions): Promise<Spool> {
    const spool = new Spool(options);
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    for (const name of (await readdir(options.folder)).sort()) {
      // Never named, so never acknowledged.
      if (name.endsWith('.part')) await rm(join(options.folder, name));
      const match = NAME.exec(name);
      if (match !== null) await spool.#adopt(name, Number(match[1]));
    }
    return spool;
  }

  get entries(): number {
    return this.#entries.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How much of its bound is used, 0 to 1. */
  get share(): number {
    return this.#options.maxBytes === 0 ? 1 : this.#bytes / this.#options.maxBytes;
  }

  get hasRoom(): boolean {
    return this.#bytes < this.#options.maxBytes;
  }

  async #adopt(name: string, sequence: number): Promise<void> {
    this.#sequence = Math.max(this.#sequence, sequence);
    const file = join(this.#options.folder, name);
    const bytes = await readFile(file);
    const isSegment = bytes.subarray(0, SEGMENT_MAGIC.length).equals(SEGMENT_MAGIC);
    const found = isSegment ? await this.#adoptSegment(file, bytes) : decodeFile(bytes);
    if (found === null) {
      await this.#putAside(file, 'it is damaged');
      return;
    }
    if (found.places.length === 0) {
      // Made, and killed before a block was in it: nothing was acknowledged.
      await rm(file);
      return;
    }
    const { token, rows, places } = found;
    const size = isSegment ? (places.at(-1)?.at ?? 0) + (places.at(-1)?.length ?? 0) : bytes.length;
    this.#entries.push({ file, bytes: size, rows, token, places });
    this.#bytes += size;
  }

  /** Cuts off what was being written when the process ended; damage before the end is kept aside. */
  async #adoptSegment(file: string, bytes: Buffer): Promise<Decoded | null> {
    const scanned = scanSegment(bytes);
    if (scanned === null) return null;
    const { token, places, end } = scanned;
    if (end < bytes.length) {
      const rest = `${file}.rest.bad`;
      const handle = await open(rest, 'w', 0o600);
      await handle.writeFile(bytes.subarray(end)).finally(() => handle.close());
      const isTorn = bytes.length - end < 8 || isLast(bytes, end);
      if (isTorn) await rm(rest);
      else this.#options.onProblem(`${rest}: set aside, because it is damaged`);
      await truncate(file, end);
    }
    return { token, places, rows: places.reduce((sum, { rows }) => sum + rows, 0) };
  }

  /**
   * Writes a block into a file of its own and resolves when it is on the disk; null when there is
   * no room for it.
   */
  async append(token: string, rows: number, block: Buffer): Promise<SpoolEntry | null> {
    const parts = encodeFile(token, rows, block);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    if (this.#bytes + bytes > this.#options.maxBytes) return null;
    const file = this.#nextFile();
    const places = [placeOf(rows, Buffer.concat(parts), bytes - block.length)];
    const entry: SpoolEntry = { file, bytes, rows, token, places };
    // Counted before it is written: several may be written at once, within the bound.
    this.#bytes += bytes;
    try {
      const handle = await open(`${file}.part`, 'wx', 0o600);
      try {
        await writeAll(handle, parts, 0);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      await rename(`${file}.part`, file);
      await syncFolder(this.#options.folder);
    } catch (error) {
      this.#bytes -= bytes;
      throw error;
    }
    this.#enter(entry);
    return entry;
  }

  /** Adds a block to the open segment; true when it is on the disk, false when there is no room. */
  async add(rows: number, block: Buffer): Promise<boolean> {
    const bytes = recordBytes(block);
    if (this.#bytes + bytes > this.#options.maxBytes) return false;
    this.#bytes += bytes;
    const written = this.#writing.then(() => this.#write(rows, block));
    this.#writing = written.catch(() => undefined);
    try {
      await written;
    } catch (error) {
      this.#bytes -= bytes;
      throw error;
    }
    return true;
  }

  async #write(rows: number, block: Buffer): Promise<void> {
    this.#open ??= await this.#newSegment();
    const { segment, entry } = this.#open;
    await segment.append(rows, block);
    entry.bytes += recordBytes(block);
    entry.rows = segment.rows;
    if (entry.places.length === 1) this.#enter(entry);
    if (segment.rows >= SEGMENT_ROWS) await this.#seal();
  }

  async #newSegment(): Promise<{ segment: Segment; entry: SpoolEntry }> {
    const file = this.#nextFile();
    const token = `${this.#options.instance}-s${this.#sequence}`;
    const segment = await Segment.create(file, token);
    await syncFolder(this.#options.folder);
    return { segment, entry: { file, bytes: 0, rows: 0, token, places: segment.places } };
  }

  async #seal(): Promise<void> {
    const sealed = this.#open;
    this.#open = null;
    await sealed?.segment.close();
    // Its first write failed: nobody was told that it is kept.
    if (sealed?.entry.places.length === 0) await rm(sealed.entry.file, { force: true });
  }

  #nextFile(): string {
    const sequence = String(++this.#sequence).padStart(12, '0');
    return join(this.#options.folder, `${sequence}.block`);
  }

  #enter(entry: SpoolEntry): void {
    this.#entries.push(entry);
    this.#entries.sort((a, b) => (a.file < b.file ? -1 : 1));
  }

  /** The oldest entry, or null when nothing waits. */
  first(): SpoolEntry | null {
    return this.#entries[0] ?? null;
  }

  /** The blocks of an entry, to which nothing is added any more. */
  async read(entry: SpoolEntry, onDamage: () => void): Promise<AsyncIterable<Buffer>> {
    if (this.#open?.entry === entry) {
      this.#writing = this.#writing.then(async () => {
        if (this.#open?.entry === entry) await this.#seal();
      });
      await this.#writing;
    }
    return readBlocks(entry.file, entry.places, onDamage);
  }

  /** Forgets an entry that ClickHouse has. */
  async remove(entry: SpoolEntry): Promise<void> {
    if (!this.#forget(entry)) return;
    await rm(entry.file, { force: true });
  }

  /** Takes an entry out of the queue and keeps its file for a human to look at. */
  async setAside(entry: SpoolEntry, why: string): Promise<void> {
    if (this.#forget(entry)) await this.#putAside(entry.file, why);
  }

  /** Ends the work on the open segment; what it holds waits for the next process. */
  async close(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#seal());
    await this.#writing;
  }

  #forget(entry: SpoolEntry): boolean {
    const index = this.#entries.indexOf(entry);
    if (index === -1) return false;
    this.#entries.splice(index, 1);
    this.#bytes -= entry.bytes;
    return true;
  }

  async #putAside(file: string, why: string): Promise<void> {
    await rename(file, `${file}.bad`);
    this.#options.onProblem(`${file}.bad: set aside, because ${why}`);
  }
}

/** Whether the record that begins here is the file's last: what a kill leaves half-written. */
function isLast(bytes: Buffer, at: number): boolean {
  return at + 12 + bytes.readUInt32LE(at) >= bytes.length;
}
