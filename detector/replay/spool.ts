import { open, mkdtemp, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../model/finding.ts';

/** A finding, and the hour of the replay (since the epoch) that it was made in. */
interface Made {
  hour: number;
  finding: Finding;
}

/**
 * Findings of several replays of the same hours, in temporary files until all have run; then they are read
 * in order of hours.
 */
export class FindingSpool {
  readonly #folder: string;
  readonly #files: string[] = [];
  #current: FileHandle | null = null;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** An empty one, in the folder for temporary files; throws what the file system says. */
  static async open(): Promise<FindingSpool> {
    return new FindingSpool(await mkdtemp(join(tmpdir(), 'tokenwatch-backtest-')));
  }

  /** What is added from now on is of another replay. */
  async next(): Promise<void> {
    await this.#current?.close();
    const file = join(this.#folder, `${String(this.#files.length)}.jsonl`);
    this.#current = await open(file, 'wx', 0o600);
    this.#files.push(file);
  }

  async add(hour: number, finding: Finding): Promise<void> {
    await this.#current?.write(`${JSON.stringify({ hour, finding } satisfies Made)}\n`);
  }

  /** All findings by the hour, those of an hour in the order of the replays. */
  async *inOrder(): AsyncGenerator<Finding> {
    await this.#current?.close();
    this.#current = null;
    const readers = await Promise.all(this.#files.map(async (file) => readerOf(file)));
    try {
      for (;;) {
        const first = readers.reduce((least, one) => (one.hour < least.hour ? one : least), END);
        if (first === END) return;
        const finding = await first.take();
        yield finding;
      }
    } finally {
      for (const reader of readers) await reader.close();
    }
  }

  /** Removes the files. */
  async close(): Promise<void> {
    await this.#current?.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A file that is read finding by finding; its hour is that of the next one, infinite after the last. */
interface Reader {
  hour: number;
  take: () => Promise<Finding>;
  close: () => Promise<void>;
}

const END: Reader = {
  hour: Infinity,
  take: async () => Promise.reject(new Error('there is no further finding')),
  close: async () => undefined,
};

async function readerOf(path: string): Promise<Reader> {
  const file = await open(path);
  const lines = file.readLines()[Symbol.asyncIterator]();
  let upcoming: Made | null = null;
  const advance = async (reader: Reader): Promise<void> => {
    const { value, done } = await lines.next();
    // Written by this spool alone.
    upcoming = done === true ? null : (JSON.parse(value) as Made);
    reader.hour = upcoming?.hour ?? Infinity;
  };
  const reader: Reader = {
    ...END,
    async take() {
      const made = upcoming;
      if (made === null) return END.take();
      await advance(reader);
      return made.finding;
    },
    close: async () => file.close(),
  };
  await advance(reader);
  return reader;
}
