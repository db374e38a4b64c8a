import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib';

export type Inflated =
  | { ok: true; body: Buffer }
  | { ok: false; reason: 'malformed' | 'oversized' | 'unsupported'; message: string };

/** Large pieces: the default of 16 KB costs a call into zlib for every few spans. */
const CHUNK = 512 * 1024;

type Inflate = (
  body: Buffer,
  options: { maxOutputLength: number; chunkSize: number },
) => Promise<Buffer>;

/** `deflate` means the zlib format (RFC 9110), but raw deflate is sent too. */
const deflated: Inflate = (body, options) =>
  ((body[0] ?? 0) & 0x0f) === 8
    ? promisify(inflate)(body, options)
    : promisify(inflateRaw)(body, options);

const METHODS: Readonly<Record<string, Inflate>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: deflated,
  zstd: promisify(zstdDecompress),
};

/**
 * Undoes a body's Content-Encoding, stopping at the bound before memory is spent on more.
 *
 * @param encoding the header's value; empty and `identity` leave the body as it is
 * @param limit most bytes that may come out
 */
export async function inflateBody(
  body: Buffer,
  encoding: string,
  limit: number,
): Promise<Inflated> {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return { ok: true, body };
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (method === undefined) {
    const known = Object.keys(METHODS).join(', ');
    return { ok: false, reason: 'unsupported', message: `Content-Encoding is none of ${known}` };
  }
  try {
    const chunkSize = Math.max(1024, Math.min(CHUNK, body.length * 8));
    return { ok: true, body: await method(body, { maxOutputLength: limit, chunkSize }) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      const message = `the body inflates to more than ${limit} bytes`;
      return { ok: false, reason: 'oversized', message };
    }
    return {
      ok: false,
      reason: 'malformed',
      message: `the body is not ${name} (${code ?? 'error'})`,
    };
  }
}
