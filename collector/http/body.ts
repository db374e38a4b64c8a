import { errorCodes } from 'fastify';
import type { FastifyRequest } from 'fastify';
import { Room } from '../background/room.ts';
import type { Place } from '../background/room.ts';
import { bufferPassed } from '../background/young-buffers.ts';

/** Bodies up to here are left to Node: it shares pages among small buffers. */
const SMALLEST = 64 * 1024;
const LARGEST = 2 * 1024 * 1024;
/** Most bytes that are kept for later bodies. */
const KEPT = 32 * 1024 * 1024;
/** Bytes of bodies that are received at once; their buffers are at most twice as large. */
const AT_ONCE = 16 * 1024 * 1024;
/** Ms after which a body counts with what came of it only: a slow sender holds up nobody else. */
const SLOW = 1_000;
/** Ms that a body waits for others until its sender is told to come again. */
const PATIENCE = 5_000;

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

const NOTHING = Buffer.alloc(0);

/** A request's body as it came; whoever has read it releases it. */
export class ReceivedBody {
  readonly #pool: BufferPool;
  #buffer: Buffer;
  readonly #onRelease: () => void;
  #used = 0;

  constructor(pool: BufferPool, expected: number, onRelease: () => void = () => undefined) {
    this.#pool = pool;
    this.#onRelease = onRelease;
    // What a sender only announces takes no memory.
    this.#buffer =
      expected >= SMALLEST ? pool.take(Math.min(expected, LARGEST)) : Buffer.allocUnsafe(expected);
  }

  get length(): number {
    return this.#used;
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
    this.#giveBack();
    this.#buffer = larger;
  }

  #giveBack(): void {
    if (this.#buffer.length >= SMALLEST) this.#pool.give(this.#buffer, this.#used);
    else this.#buffer.fill(0);
  }

  /** The bytes are gone afterwards. */
  release(): void {
    this.#giveBack();
    this.#buffer = NOTHING;
    this.#onRelease();
  }
}

/** Too many bodies are received already. */
export class NoRoomForBody extends Error {
  readonly statusCode = 503;
}

interface Incoming {
  pool: BufferPool;
  room: Room;
  /** Most bytes of a body. */
  limit: number;
  announced: number;
  payload: NodeJS.ReadableStream;
  /** The body, or why there is none. */
  done: (body: ReceivedBody | Error) => void;
}

/** One body on its way in: it waits for room, is received, and is whole or given up. */
class Reception {
  readonly #incoming: Incoming;
  readonly #place: Place;
  readonly #take = (chunk: Buffer): void => this.#add(chunk);
  #body: ReceivedBody | null = null;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(incoming: Incoming) {
    this.#incoming = incoming;
    const { payload, room, announced } = incoming;
    // The sender's doing, not ours: 400, though mostly nobody is left to read it.
    const breakOff = (): void => {
      if (!this.#isOver) this.#end(new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH());
    };
    // Listened to for good: an error that nobody listens to ends the process.
    payload.on('error', breakOff);
    payload.once('close', breakOff);
    payload.once('end', () => this.#end(null));
    this.#place = room.enter(Math.max(announced, SMALLEST), () => this.#begin());
    if (this.#body === null) {
      this.#timer = setTimeout(() => this.#end(new NoRoomForBody('no room')), PATIENCE);
    }
  }

  #begin(): void {
    const { pool, announced, payload } = this.#incoming;
    clearTimeout(this.#timer);
    this.#body = new ReceivedBody(pool, announced, () => this.#place.leave());
    this.#timer = setTimeout(() => this.#place.resize(this.#body?.length ?? 0), SLOW);
    payload.on('data', this.#take);
  }

  #add(chunk: Buffer): void {
    const body = this.#body;
    if (body === null) return;
    const received = body.length + chunk.length;
    if (received > this.#incoming.limit) {
      this.#end(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE());
      return;
    }
    if (received > this.#place.taken) this.#place.resize(received);
    body.add(chunk);
  }

  /** Once: a connection that breaks after the end must not take the body from its reader. */
  #end(problem: Error | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#incoming.payload.removeListener('data', this.#take);
    const body = this.#body;
    if (problem === null && body !== null) {
      this.#incoming.done(body);
      return;
    }
    if (body === null) this.#place.leave();
    else body.release();
    this.#incoming.done(problem ?? new errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH());
  }
}

/**
 * A content type parser of Fastify's that receives bodies into buffers of the pool. A body that
 * never comes whole is released here; one that did, by whoever takes it. While too many are being
 * received or read the next are left with their senders.
 *
 * @param limit most bytes of a body
 * @param room how many bytes are received at once
 * @throws FastifyError 413 beyond the limit, 400 where the sender breaks off
 * @throws NoRoomForBody 503 after five seconds without room
 */
export function bodyParser(pool: BufferPool, limit: number, room = new Room(AT_ONCE)) {
  return async (request: FastifyRequest, payload: NodeJS.ReadableStream): Promise<ReceivedBody> => {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > limit) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
    return new Promise((resolve, reject) => {
      const done = (body: ReceivedBody | Error): void => {
        if (body instanceof ReceivedBody) resolve(body);
        else reject(body);
      };
      new Reception({ pool, room, limit, announced, payload, done });
    });
  };
}
