/** Real request counts as calls: the floor of false alarms where nothing is known to be wrong. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';
import { hashToken } from '../../model/hash.ts';
import type { Db } from '../../store/db.ts';
import { TABLES } from '../../store/tables.ts';
import { Rng } from '../simulation/random.ts';
import { RowBinary } from '../simulation/row-binary.ts';

const PEPPER = 'a pepper for benchmarks only';

const countLine = z.object({
  time: z.iso.datetime().transform((text) => Date.parse(text)),
  token: z.string(),
  window_seconds: z.number().positive(),
  count: z.int().min(0),
});
type CountLine = z.infer<typeof countLine>;

/** The lines of a gzipped JSONL file, one at a time. */
export async function* jsonLines(file: string): AsyncGenerator {
  const input = createReadStream(file).pipe(createGunzip());
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line !== '') yield JSON.parse(line);
  }
}

/**
 * Counts that are too many to load are thinned: every call is kept with the same probability, so
 * that a token keeps its shape and its dispersion over Poisson's, with `cap` calls a window on
 * average at most.
 *
 * @returns each token's probability
 */
export function thinning(
  lines: readonly Pick<CountLine, 'token' | 'count'>[],
  cap: number,
): Map<string, number> {
  const sums = new Map<string, { calls: number; windows: number }>();
  for (const { token, count } of lines) {
    const sum = sums.get(token) ?? { calls: 0, windows: 0 };
    sum.calls += count;
    sum.windows += 1;
    sums.set(token, sum);
  }
  const share = (s: { calls: number; windows: number }): number => (cap * s.windows) / s.calls;
  return new Map([...sums].map(([token, sum]) => [token, Math.min(1, share(sum))]));
}

export interface LoadedCounts {
  from: number;
  until: number;
  tokens: number;
  calls: number;
  /** Names by token hash, to say which client an incident is about. */
  names: Map<string, string>;
}

/**
 * Loads window counts as calls spread evenly at random over their windows; deterministic.
 *
 * @param file gzipped JSONL of `{time, token, window_seconds, count}`
 * @param cap calls a window that a token has on average at most
 */
export async function loadCounts(db: Db, file: string, cap = 12): Promise<LoadedCounts> {
  const lines: CountLine[] = [];
  for await (const line of jsonLines(file)) lines.push(countLine.parse(line));
  lines.sort((a, b) => a.time - b.time);
  const shares = thinning(lines, cap);
  const hashes = new Map([...shares.keys()].map((name) => [name, hashToken(PEPPER, name)]));
  const rng = new Rng('counts');
  let calls = 0;
  let out = new RowBinary(2 ** 22);
  for (const line of lines) {
    const kept = rng.binomial(line.count, shares.get(line.token) ?? 1);
    for (let i = 0; i < kept; i++) {
      out.int64(line.time + Math.floor(rng.next() * line.window_seconds * 1000));
      out.hex(hashes.get(line.token) ?? '');
    }
    calls += kept;
    if (out.bytes().length > 2 ** 22) {
      await insert(db, out.bytes());
      out = new RowBinary(2 ** 22);
    }
  }
  await insert(db, out.bytes());
  const last = lines.at(-1);
  return {
    from: lines[0]?.time ?? 0,
    until: last === undefined ? 0 : last.time + last.window_seconds * 1000,
    ...{ tokens: shares.size, calls },
    names: new Map([...hashes].map(([name, hash]) => [hash, name])),
  };
}

async function insert(db: Db, body: Buffer): Promise<void> {
  if (body.length === 0) return;
  const query = `INSERT INTO ${db.database}.${TABLES.calls} (time, token_hash) FORMAT RowBinary`;
  const { stream } = await db.client.exec({ query, values: Readable.from([body]) });
  for await (const _ of stream) {
    // Drained so that the connection is free again.
  }
}
