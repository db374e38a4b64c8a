import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip, createZstdDecompress } from 'node:zlib';

const CHUNK = 256 * 1024;

export interface TextSource {
  /** Decoded text, piece by piece; throws when the file cannot be read or inflated to its end. */
  chunks: AsyncIterable<string>;
  /** Bytes of the file, or null for standard input. */
  size: number | null;
  /** Bytes of the file that were read so far. */
  position(): number;
}

/** The stream that undoes a compression, told by its first bytes and not by a file's name. */
function decompressor(first: Buffer) {
  if (first[0] === 0x1f && first[1] === 0x8b) return createGunzip({ chunkSize: CHUNK });
  const isZstd = first.length >= 4 && first.readUInt32LE(0) === 0xfd2fb528;
  return isZstd ? createZstdDecompress({ chunkSize: CHUNK }) : null;
}

async function* inflated(raw: Readable, onBytes: (count: number) => void): AsyncGenerator<Buffer> {
  const iterator = raw.iterator() as AsyncIterator<Buffer>;
  const counted = async function* (): AsyncGenerator<Buffer> {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      onBytes(next.value.length);
      yield next.value;
    }
  };
  const first = await iterator.next();
  if (first.done === true) return;
  onBytes(first.value.length);
  const whole = async function* (): AsyncGenerator<Buffer> {
    yield first.value;
    yield* counted();
  };
  const inflate = decompressor(first.value);
  if (inflate === null) {
    yield* whole();
    return;
  }
  const { pipeline } = await import('node:stream/promises');
  const piped = pipeline(whole(), inflate);
  // What goes wrong is thrown by the reading side as well; this only keeps it from being unhandled.
  piped.catch(() => undefined);
  yield* inflate as AsyncIterable<Buffer>;
  await piped;
}

async function* decoded(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  for await (const chunk of bytes) yield decoder.write(chunk);
  yield decoder.end();
}

/**
 * Opens a text file, plain or compressed (gzip, zstd); `-` is standard input.
 *
 * @throws Error when there is no such file
 */
export async function openText(file: string, stdin: Readable): Promise<TextSource> {
  let position = 0;
  const size = file === '-' ? null : (await stat(file)).size;
  const raw = file === '-' ? stdin : createReadStream(file, { highWaterMark: CHUNK });
  const chunks = decoded(inflated(raw, (count) => (position += count)));
  return { chunks, size, position: () => position };
}
