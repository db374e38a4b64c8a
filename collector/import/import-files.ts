import { createHash, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { peppersOf } from '../../config/pepper.ts';
import type { Config } from '../../config/schema.ts';
import { HygieneCounts } from '../hygiene/hygiene-tally.ts';
import { writeHygiene } from '../../store/calls/hygiene.ts';
import { CallBlock } from '../../store/calls/call-block.ts';
import { insertCallBlock } from '../../store/calls/insert-calls.ts';
import type { Db } from '../../store/db.ts';
import { openLocator } from '../locate/locator.ts';
import { clearCaches, makeCaches } from '../reading/caches.ts';
import type { Caches } from '../reading/caches.ts';
import { HOSTS, OTHER_ROUTE, RouteCap, pathKind } from '../reading/route-cap.ts';
import type { RouteKind } from '../reading/route-cap.ts';
import { UNNAMED } from '../reading/raw-values.ts';
import { aliasKeeper } from '../rotation/keep-aliases.ts';
import type { AliasKeeper } from '../rotation/keep-aliases.ts';
import { appendImported } from './append-imported.ts';
import { LOG_READERS, isPlainText } from './formats.ts';
import type { ImportFormat } from './formats.ts';
import { readCall } from './line.ts';
import type { ImportedCall, LineOutcome } from './line.ts';
import { openText } from './open-text.ts';
import { RECORDS_HEAD, TOO_LONG, linesOf, recordsOf } from './split.ts';
import type { Piece } from './split.ts';

export interface ImportSummary {
  /** Lines (or records) that were not empty. */
  read: number;
  kept: number;
  rejected: number;
}

export interface ImportProgress extends ImportSummary {
  file: string;
  /** Bytes of the file read so far, and in all; null for standard input. */
  position: number;
  size: number | null;
}

export interface ImportOptions {
  config: Config;
  db: Db;
  /** Paths; `-` is standard input. */
  files: readonly string[];
  format: ImportFormat;
  /** The service of calls that name none. */
  service?: string | undefined;
  stdin: Readable;
  onProgress?: (progress: ImportProgress) => void;
  /** One line each: a bad line with its number, a key that is not read, a masked kind of value. */
  onNote: (note: string) => void;
}

/** Lines a block: it decides what a repeated import recognises, so it must not vary. */
const BLOCK_LINES = 65_536;
const MAX_IN_FLIGHT = 2;
/** Bad lines that are told one by one; the summary counts all of them. */
const MAX_NOTES = 1000;
const ATTEMPTS = 5;

/** Keeps at most two inserts on their way; the first that fails for good ends the import. */
class Inserts {
  readonly #db: Db;
  readonly #working = new Set<Promise<void>>();
  #failure: unknown = null;

  constructor(db: Db) {
    this.#db = db;
  }

  async add(block: Buffer, token: string): Promise<void> {
    while (this.#working.size >= MAX_IN_FLIGHT) await Promise.race(this.#working);
    this.#check();
    const work = this.#insert(block, token)
      .catch((error: unknown) => (this.#failure ??= error))
      .then(() => void this.#working.delete(work));
    this.#working.add(work);
  }

  async drain(): Promise<void> {
    await Promise.all(this.#working);
    this.#check();
  }

  #check(): void {
    if (this.#failure !== null) throw this.#failure as Error;
  }

  async #insert(block: Buffer, token: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await insertCallBlock(this.#db, block, token);
        return;
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
        await delay(200 * 2 ** attempt);
      }
    }
  }
}

class Importer {
  readonly summary: ImportSummary = { read: 0, kept: 0, rejected: 0 };
  readonly #options: ImportOptions;
  readonly #caches: Caches;
  readonly #links: AliasKeeper;
  readonly #inserts: Inserts;
  readonly #block = new CallBlock();
  readonly #hygiene = new HygieneCounts();
  readonly #noted = new Set<string>();
  readonly #routes = new RouteCap();
  #hash = createHash('sha256');
  #linesInBlock = 0;
  #line = 0;
  #file = '';

  constructor(options: ImportOptions) {
    const { country_db: countryDb, asn_db: asnDb } = options.config.collector;
    const locator = openLocator({ countryDb, asnDb });
    for (const problem of locator.problems) options.onNote(problem);
    this.#options = options;
    this.#inserts = new Inserts(options.db);
    const peppers = peppersOf(options.config);
    this.#links = aliasKeeper(options.db, peppers, Date.now);
    this.#caches = makeCaches({
      pepper: peppers.current.reveal(),
      previousPepper: peppers.previous?.reveal(),
      locator,
      allowLists: options.config.collector.allowed_addresses,
      seed: randomBytes(4).readInt32LE(),
    });
  }

  /** To be called first: hashes of before a rotation lead to the histories that there are. */
  async begin(): Promise<void> {
    await this.#links.sync();
  }

  /** Forgets the raw values that were read. */
  end(): void {
    clearCaches(this.#caches);
  }

  async importFile(file: string): Promise<void> {
    this.#file = file;
    this.#line = 0;
    const source = await openText(file, this.#options.stdin);
    try {
      for await (const pieces of await this.#pieces(source.chunks)) {
        await this.#take(pieces);
        const position = source.position();
        this.#options.onProgress?.({ ...this.summary, file, position, size: source.size });
      }
    } finally {
      // Also when the rest of the file cannot be read: what was good in it is kept.
      await this.#flush();
      await this.#inserts.drain();
    }
  }

  async #pieces(chunks: AsyncIterable<string>): Promise<AsyncGenerator<Piece[]>> {
    if (this.#options.format !== 'cloudtrail') return linesOf(chunks);
    const iterator = chunks[Symbol.asyncIterator]();
    const first = await iterator.next();
    const head = first.done === true ? '' : first.value;
    const all = async function* (): AsyncGenerator<string> {
      yield head;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
        yield next.value;
      }
    };
    return RECORDS_HEAD.test(head) ? recordsOf(all()) : linesOf(all());
  }

  async #take(pieces: Piece[]): Promise<void> {
    for (let at = 0; at < pieces.length;) {
      const some = pieces.slice(at, at + BLOCK_LINES - this.#linesInBlock);
      this.#hash.update(some.map(String).join('\n'));
      for (const piece of some) this.#readPiece(piece);
      at += some.length;
      this.#linesInBlock += some.length;
      if (this.#linesInBlock === BLOCK_LINES) await this.#flush();
    }
  }

  async #flush(): Promise<void> {
    // Content and place: the same file again gives the same tokens, and nothing is added twice.
    const { service } = this.#options;
    if (service !== undefined) this.#hash.update(`\nservice ${service}`);
    const token = `import-${this.#line}-${this.#hash.digest('hex')}`;
    this.#hash = createHash('sha256');
    this.#linesInBlock = 0;
    if (this.#block.rows === 0) return;
    const bytes = this.#block.encode();
    this.summary.kept += this.#block.rows;
    this.#block.clear();
    // Under the block's own token: what is imported again is not counted again.
    await writeHygiene(this.#options.db, this.#hygiene.take(), `hygiene-${token}`);
    await this.#inserts.add(bytes, token);
    if (this.#links.aliases.isRotating) await this.#links.sync();
  }

  #readPiece(piece: Piece): void {
    this.#line++;
    if (piece === TOO_LONG) {
      this.summary.read++;
      this.#reject('it is too long');
      return;
    }
    if (piece === '' || piece.trim() === '') return;
    let value: unknown;
    try {
      value = isPlainText(this.#options.format, piece) ? piece : JSON.parse(piece);
    } catch {
      // The parser's message quotes the line, which may hold a token.
      this.summary.read++;
      this.#reject('expected JSON');
      return;
    }
    const records = this.#options.format === 'cloudtrail' ? recordsIn(value) : [value];
    for (const record of records) this.#keep(this.#outcome(record));
  }

  #outcome(value: unknown): LineOutcome {
    const { format } = this.#options;
    if (format === 'calls') {
      return readCall(value, (key) =>
        this.#once(`key ${JSON.stringify(key.slice(0, 64))} is not read`),
      );
    }
    const call = LOG_READERS[format](value);
    return typeof call === 'string' ? { ok: false, problem: call } : { ok: true, call };
  }

  #keep(outcome: LineOutcome): void {
    this.summary.read++;
    if (!outcome.ok) {
      this.#reject(outcome.problem);
      return;
    }
    const { service = '' } = this.#options;
    const named = this.#named(outcome.call);
    const call = named.service ? named : { ...named, service };
    appendImported(this.#block, call, {
      caches: this.#caches,
      aliases: this.#links.aliases,
      admits: (of, route, kind) => this.#admits(of, route, kind),
      onMasked: (of, field, kinds) => {
        for (const kind of kinds) {
          this.#once(`a value that looks like a ${kind} was masked`);
          this.#hygiene.add(Date.now(), of, field, kind);
        }
      },
    });
  }

  /** In logs of gateways the service is the host, and whoever calls writes it: it is kept as far as there is room. */
  #named(call: ImportedCall): ImportedCall {
    const { format } = this.#options;
    const host = call.service ?? '';
    if (host === '' || format === 'calls' || format === 'cloudtrail') return call;
    if (this.#routes.admits(HOSTS, host, pathKind(call.status ?? 0), 0)) return call;
    this.#once('too many distinct hosts: further ones are kept as one, without a name');
    return { ...call, service: UNNAMED, route: OTHER_ROUTE };
  }

  /** Of the whole import, however many days it spans. */
  #admits(service: string, route: string, kind: RouteKind): boolean {
    if (this.#routes.admits(service, route, kind, 0)) return true;
    this.#once(`${service} has too many distinct routes: further ones are kept as ${OTHER_ROUTE}`);
    return false;
  }

  #reject(problem: string): void {
    const count = ++this.summary.rejected;
    if (count <= MAX_NOTES) this.#options.onNote(`${this.#file}:${this.#line}: ${problem}`);
    if (count === MAX_NOTES) this.#options.onNote('further bad lines are only counted');
  }

  #once(note: string): void {
    if (this.#noted.has(note) || this.#noted.size > 100) return;
    this.#noted.add(note);
    this.#options.onNote(`${this.#file}:${this.#line}: ${note}`);
  }
}

/** A line may hold a whole delivery, `{"Records":[…]}`. */
function recordsIn(value: unknown): unknown[] {
  const records = (value as { Records?: unknown } | null)?.Records;
  return Array.isArray(records) ? records : [value];
}

/**
 * Imports calls from files, hashed and located as those that come by OTLP, in bounded memory. A
 * file that is imported again adds nothing.
 *
 * @returns what was read, kept and rejected; a bad line never ends the import
 * @throws Error when a file cannot be read to its end, or ClickHouse does not take the calls
 */
export async function importFiles(options: ImportOptions): Promise<ImportSummary> {
  const importer = new Importer(options);
  await importer.begin();
  try {
    for (const file of options.files) await importer.importFile(file);
  } finally {
    importer.end();
  }
  return importer.summary;
}
