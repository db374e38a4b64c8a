import { mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** One block on disk, waiting to be inserted. */
export interface SpoolEntry {
  file: string;
  bytes: number;
  rows: number;
  token: string;
}

export interface SpoolOptions {
  folder: string;
  /** Most bytes on disk; 0 keeps nothing. */
  maxBytes: number;
  /** One line about a file that cannot be used; it is set aside, not deleted. */
  onProblem: (problem: string) => void;
}

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
  block: Buffer;
}

function decodeFile(bytes: Buffer): Decoded | null {
  if (bytes.length < HEADER || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const at = MAGIC.length;
  if (bytes.readUInt32LE(at) !== crc32(bytes.subarray(at + 4))) return null;
  const end = HEADER + bytes.readUInt32LE(at + 8);
  const token = bytes.subarray(HEADER, end).toString('utf8');
  return { token, rows: bytes.readUInt32LE(at + 4), block: bytes.subarray(end) };
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
 * Blocks that ClickHouse could not take yet, each in a file of its own that is written once,
 * synced, and only then given its name: what has a name survives `kill -9` and a power cut. The
 * deduplication token lies beside the block, so a replay adds nothing that is there already.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #entries: SpoolEntry[] = [];
  #bytes = 0;
  #sequence = 0;

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

  async #adopt(name: string, sequence: number): Promise<void> {
    this.#sequence = Math.max(this.#sequence, sequence);
    const file = join(this.#options.folder, name);
    const bytes = await readFile(file);
    const decoded = decodeFile(bytes);
    if (decoded === null) {
      await this.#putAside(file, 'it is damaged');
      return;
    }
    const { token, rows } = decoded;
    this.#entries.push({ file, bytes: bytes.length, rows, token });
    this.#bytes += bytes.length;
  }

  /** Writes a block and resolves when it is on the disk; null when there is no room for it. */
  async append(token: string, rows: number, block: Buffer): Promise<SpoolEntry | null> {
    const parts = encodeFile(token, rows, block);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    if (this.#bytes + bytes > this.#options.maxBytes) return null;
    const sequence = String(++this.#sequence).padStart(12, '0');
    const file = join(this.#options.folder, `${sequence}.block`);
    const entry: SpoolEntry = { file, bytes, rows, token };
    // Counted before it is written: several may be written at once, within the bound.
    this.#bytes += bytes;
    try {
      const handle = await open(`${file}.part`, 'wx', 0o600);
      try {
        await handle.writev(parts);
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
    this.#entries.push(entry);
    this.#entries.sort((a, b) => (a.file < b.file ? -1 : 1));
    return entry;
  }

  /** The oldest entry, or null when nothing waits. */
  first(): SpoolEntry | null {
    return this.#entries[0] ?? null;
  }

  /** The block of an entry; null when its file is damaged, which sets it aside. */
  async read(entry: SpoolEntry): Promise<Buffer | null> {
    const decoded = decodeFile(await readFile(entry.file));
    if (decoded === null) await this.setAside(entry, 'it is damaged');
    return decoded?.block ?? null;
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
