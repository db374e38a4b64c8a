import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Room } from '../background/room.ts';
import { BufferPool, ReceivedBody, bodyParser } from './body.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Every buffer that the pool holds, taken out of it. */
function drained(pool: BufferPool): Buffer[] {
  const found: Buffer[] = [];
  for (let size = 64 * KIB; size <= 16 * MIB; size *= 2) {
    for (let before = pool.kept; ; before = pool.kept) {
      const buffer = pool.take(size);
      if (pool.kept === before) break;
      found.push(buffer);
    }
  }
  expect(pool.kept).toBe(0);
  return found;
}

function isZero(buffer: Buffer): boolean {
  return buffer.equals(Buffer.alloc(buffer.length));
}

describe('BufferPool', () => {
  it('gives buffers that are large enough, and the same ones again', () => {
    const pool = new BufferPool();
    const first = pool.take(100_000);
    expect(first.length).toBe(128 * KIB);
    pool.give(first, 0);
    expect(pool.kept).toBe(128 * KIB);
    expect(pool.take(128 * KIB + 1)).not.toBe(first);
    expect(pool.take(64 * KIB + 1)).toBe(first);
    expect(pool.kept).toBe(0);
  });

  it('keeps at most 32 MiB, and no buffer beyond 2 MiB', () => {
    const pool = new BufferPool();
    pool.give(pool.take(2 * MIB + 1), 0);
    expect(pool.kept).toBe(0);
    const taken = Array.from({ length: 40 }, () => pool.take(MIB));
    for (const buffer of taken) pool.give(buffer, 0);
    expect(pool.kept).toBe(32 * MIB);
  });

  it('keeps no byte of what was in them', () => {
    const pool = new BufferPool();
    const body = new ReceivedBody(pool, 70_000);
    body.add(Buffer.alloc(70_000, 'secret'));
    body.add(Buffer.alloc(200_000, 'secret'));
    body.release();
    const buffers = drained(pool).filter((buffer) => buffer.length <= 512 * KIB);
    // The one that was too small, and the one in its place.
    expect(buffers.map(({ length }) => length)).toEqual([128 * KIB, 512 * KIB]);
    for (const buffer of buffers) expect(isZero(buffer)).toBe(true);
  });
});

describe('ReceivedBody', () => {
  it('is the bytes that were added, whatever was announced', () => {
    const pool = new BufferPool();
    const announced = fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: 5 * MIB }));
    const sizes = fc.array(fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 150_000 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(announced, sizes, fc.nat({ max: 255 }), (expected, lengths, seed) => {
        const chunks = lengths.map((length, at) => Buffer.alloc(length, (seed + at * 7) % 256));
        const body = new ReceivedBody(pool, expected);
        for (const chunk of chunks) body.add(chunk);
        expect(body.bytes.equals(Buffer.concat(chunks))).toBe(true);
        const { bytes } = body;
        body.release();
        expect(isZero(bytes)).toBe(true);
        expect(body.bytes.length).toBe(0);
      }),
      { numRuns: 150, seed: 20_261_123 },
    );
  });

  it('gives its buffer back once, however often it is released', () => {
    const pool = new BufferPool();
    const body = new ReceivedBody(pool, 100_000);
    body.release();
    body.release();
    expect(drained(pool)).toHaveLength(1);
  });
});

const LIMIT = 300_000;
const ROOM = 1_000_000;
const pool = new BufferPool();
const room = new Room(ROOM);
let app: FastifyInstance;
let port: number;
let errors: { code: string; statusCode: number }[] = [];
/** Bodies that reached the handler and wait in it, as they do for the store. */
let waiting: Promise<void> = Promise.resolve();

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

beforeAll(async () => {
  app = fastify({ logger: false });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/x-protobuf', bodyParser(pool, LIMIT, room));
  app.setErrorHandler((error: { code: string; statusCode: number }, _request, reply) => {
    errors.push({ code: error.code, statusCode: error.statusCode });
    return reply.status(error.statusCode).send({ code: error.code });
  });
  app.post('/', async ({ body }) => {
    if (!(body instanceof ReceivedBody)) throw new Error('no body');
    await waiting;
    const answer = digest(body.bytes);
    body.release();
    return answer;
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = app.server.address() as { port: number });
});
afterAll(async () => {
  await app.close();
});

interface Answer {
  status: number;
  text: string;
}

function open(headers: Record<string, string | number> = {}): ClientRequest {
  const type = { 'Content-Type': 'application/x-protobuf' };
  return httpRequest({ port, method: 'POST', agent: false, headers: { ...type, ...headers } });
}

async function answerTo(request: ClientRequest): Promise<Answer> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return { status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') };
}

/** Sends chunks, a turn of the event loop between them. */
async function send(chunks: readonly Buffer[], headers = {}): Promise<Answer> {
  const request = open(headers);
  const answer = answerTo(request);
  for (const chunk of chunks) {
    request.write(chunk);
    await turn();
  }
  request.end();
  return answer;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

describe('bodyParser', () => {
  it('refuses what is announced too large before any of it came', async () => {
    const request = open({ 'Content-Length': LIMIT + 1 });
    request.on('error', () => undefined);
    request.flushHeaders();
    expect(await answerTo(request)).toMatchObject({ status: 413 });
    request.destroy();
  });

  it('takes a body of exactly the limit, and cuts an unannounced one beyond it', async () => {
    const chunk = Buffer.alloc(LIMIT / 4, 1);
    const most = [chunk, chunk, chunk, chunk];
    expect(await send(most)).toEqual({ status: 200, text: digest(Buffer.concat(most)) });
    expect(await send(most, { 'Content-Length': LIMIT })).toMatchObject({ status: 200 });
    drained(pool);
    const request = open();
    request.on('error', () => undefined);
    const answer = answerTo(request);
    for (const part of [...most, Buffer.alloc(1)]) request.write(part);
    expect(await answer).toMatchObject({ status: 413 });
    request.destroy();
    const left = drained(pool);
    expect(left.length).toBeGreaterThan(0);
    for (const buffer of left) expect(isZero(buffer)).toBe(true);
  });

  it('releases a body whose sender breaks off, and calls it the sender’s fault', async () => {
    drained(pool);
    errors = [];
    const request = open({ 'Content-Length': 200_000 });
    request.on('error', () => undefined);
    request.write(Buffer.alloc(100_000, 'secret'));
    const [socket] = (await once(app.server, 'request')) as [IncomingMessage];
    await until(() => socket.socket.bytesRead > 100_000);
    request.destroy();
    await until(() => errors.length > 0);
    expect(errors).toEqual([{ code: 'FST_ERR_CTP_INVALID_CONTENT_LENGTH', statusCode: 400 }]);
    const left = drained(pool);
    expect(left).toHaveLength(1);
    for (const buffer of left) expect(isZero(buffer)).toBe(true);
  });

  it('leaves a whole body to its reader when the sender goes away afterwards', async () => {
    let resume = (): void => undefined;
    waiting = new Promise((resolve) => {
      resume = resolve;
    });
    drained(pool);
    errors = [];
    const request = open();
    request.on('error', () => undefined);
    request.end(Buffer.alloc(100_000, 'secret'));
    const [incoming] = (await once(app.server, 'request')) as [IncomingMessage];
    await once(incoming, 'end');
    request.destroy();
    await once(incoming.socket, 'close');
    for (let i = 0; i < 5; i++) await turn();
    // Growing gave the smaller buffer back; the one in use is still the reader's.
    expect(drained(pool).every(({ length }) => length < 128 * KIB)).toBe(true);
    resume();
    waiting = Promise.resolve();
    await until(() => pool.kept >= 128 * KIB);
    expect(errors).toEqual([]);
    for (const buffer of drained(pool)) expect(isZero(buffer)).toBe(true);
  });

  it('leaves bodies with their senders while others take up the room, in their order', async () => {
    const before = room.waiting;
    const others = room.enter(ROOM, () => undefined);
    const bodies = [1, 2, 3].map((byte) => Buffer.alloc(200_000, byte));
    const answers = bodies.map((body) => send([body], { 'Content-Length': body.length }));
    await until(() => room.waiting === before + 3);
    others.leave();
    const texts = (await Promise.all(answers)).map(({ text }) => text);
    expect(texts).toEqual(bodies.map(digest));
    // Everything was given back: one who wants all of it gets it at once.
    let isIn = false;
    room.enter(ROOM, () => (isIn = true)).leave();
    expect(isIn).toBe(true);
  });

  it('gives the place of a sender that breaks off while it waits to the next', async () => {
    const others = room.enter(ROOM, () => undefined);
    const request = open({ 'Content-Length': 200_000 });
    request.on('error', () => undefined);
    request.flushHeaders();
    await until(() => room.waiting === 1);
    request.destroy();
    await until(() => room.waiting === 0);
    others.leave();
    expect(await send([Buffer.alloc(10)])).toMatchObject({ status: 200 });
  });

  it('counts a slow sender with what it sent, and tells who waits for long to come again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const slow = open({ 'Content-Length': LIMIT });
      slow.on('error', () => undefined);
      slow.write(Buffer.alloc(10));
      await once(app.server, 'request');
      const others = room.enter(ROOM - LIMIT / 2, () => undefined);
      await turn();
      expect(room.waiting).toBe(1);
      const late = send([Buffer.alloc(10)]);
      await until(() => room.waiting === 2);
      vi.advanceTimersByTime(1_000);
      expect(room.waiting).toBe(0);
      expect(await late).toMatchObject({ status: 200 });
      slow.destroy();
      const more = room.enter(ROOM, () => undefined);
      const refused = send([Buffer.alloc(10)]);
      await until(() => room.waiting === 2);
      vi.advanceTimersByTime(5_000);
      expect(await refused).toMatchObject({ status: 503 });
      for (const place of [others, more]) place.leave();
    } finally {
      vi.useRealTimers();
    }
  });

  it('never shows one request the bytes of another', async () => {
    const sizes = fc.array(fc.oneof(fc.nat({ max: 50 }), fc.nat({ max: 60_000 })), {
      minLength: 1,
      maxLength: 4,
    });
    const kind = fc.constantFrom('announced', 'chunked', 'broken off');
    const requests = fc.array(fc.record({ sizes, kind, byte: fc.nat({ max: 255 }) }), {
      minLength: 2,
      maxLength: 12,
    });
    const one = async (it: { sizes: number[]; kind: string; byte: number }): Promise<boolean> => {
      const chunks = it.sizes.map((size, at) => Buffer.alloc(size, (it.byte + at) % 256));
      const whole = Buffer.concat(chunks);
      const { length } = whole;
      if (it.kind === 'broken off') {
        const request = open({ 'Content-Length': length + 1 });
        request.on('error', () => undefined);
        request.write(whole);
        await turn();
        request.destroy();
        return true;
      }
      const answer = await send(chunks, it.kind === 'chunked' ? {} : { 'Content-Length': length });
      return answer.status === 200 && answer.text === digest(whole);
    };
    await fc.assert(
      fc.asyncProperty(requests, async (all) => {
        expect(await Promise.all(all.map(one))).toEqual(all.map(() => true));
      }),
      { numRuns: 25, seed: 20_261_123 },
    );
    for (const buffer of drained(pool)) expect(isZero(buffer)).toBe(true);
  });
});
