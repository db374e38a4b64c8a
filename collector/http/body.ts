import { errorCodes } from 'fastify';
import type { FastifyRequest } from 'fastify';
import { bufferPassed } from '../background/young-buffers.ts';

/** Bodies up to here are left to Node: it shares pages among small buffers. */
const SMALLEST = 64 * 1024;
const LARGEST = 2 * 1024 * 1024;
/** Most bytes that are kept for later bodies. */
const KEPT = 16 * 1024 * 1024;

/**
 * Buffers that are used again and again. A body of its own buffer each would let the garbage
 * collector run for every few of them: measured at a third of the collector's CPU time.
 */
export class BufferPool {
  /** By powers of two. */
  readonly #free = new Map<number, Buffer[]>();
  #kept = 0;

  /** Bytes that lie here for later bodies. */
  get kept(): number {
    return this.#kept;
  }

  /** A buffer of at least so many bytes, all zero. */
  take(bytes: number): Buffer {
    const size = 2 ** Math.ceil(Math.log2(Math.max(bytes, SMALLEST)));
    const found = this.#free.get(size)?.pop();
    if (found === undefined) return Buffer.alloc(size);
    this.#kept -= size;
    return found;
  }

  /** Gives one back; its first `used` bytes are overwritten, because they hold credentials. */
  give(buffer: Buffer, used: number): void {
    buffer.fill(0, 0, used);
    const size = buffer.length;
    if (size > LARGEST || this.#kept + size > KEPT) return;
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [buffer]);
    else list.push(buffer);
    this.#kept += size;
  }
}

/** A request's body as it came; whoever has read it releases it. */
export class ReceivedBody {
  readonly #pool: BufferPool;
  #buffer: Buffer;
  #used = 0;

  constructor(pool: BufferPool, expected: number) {
    this.#pool = pool;
    // What a sender only announces takes no memory.
    this.#buffer =
      expected >= SMALLEST ? pool.take(Math.min(expected, LARGEST)) : Buffer.allocUnsafe(expected);
  }

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#used);
  }

  add(chunk: Buffer): void {
    const needed = this.#used + chunk.length;
    if (needed > this.#buffer.length) this.#grow(needed);
    chunk.copy(this.#buffer, this.#used);
    bufferPassed(chunk.length);
    this.#used = needed;
  }

  #grow(needed: number): void {
    const larger = this.#pool.take(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.release();
    this.#buffer = larger;
  }

  /** The bytes are gone afterwards. */
  release(): void {
    if (this.#buffer.length >= SMALLEST) this.#pool.give(this.#buffer, this.#used);
    else this.#buffer.fill(0);
    this.#buffer = Buffer.alloc(0);
  }
}

/**
 * A content type parser of Fastify's that receives bodies into buffers of the pool. A body that
 * never comes whole is released here; one that did, by whoever takes it.
 *
 * @param limit most bytes of a body
 * @throws FastifyError 413 beyond the limit, 400 where the sender breaks off
 */
export function bodyParser(pool: BufferPool, limit: number) {
  return async (request: FastifyRequest, payload: NodeJS.ReadableStream): Promise<ReceivedBody> => {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > limit) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
    const body = new ReceivedBody(pool, announced);
    let received = 0;
    return new Promise((resolve, reject) => {
      let isOver = false;
      /** Once: a connection that breaks after the end must not take the body from its reader. */
      const end = (problem: Error | null): void => {
        if (isOver) return;
        isOver = true;
        payload.removeListener('data', take);
        if (problem === null) {
          resolve(body);
          return;
        }
        body.release();
        reject(problem);
      };
      const take = (chunk: Buffer): void => {
        received += chunk.length;
        if (received > limit) end(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
        else body.add(chunk);
      };
      // The sender's doing, not ours: 400, though mostly nobody is left to read it.
      const breakOff = (): void => end(new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH());
      payload.on('data', take);
      // Listened to for good: an error that nobody listens to ends the process.
      payload.on('error', breakOff);
      payload.once('close', breakOff);
      payload.once('end', () => end(null));
    });
  };
}
