import { randomFillSync } from 'node:crypto';
import { OtlpReader } from '../../collector/otlp/read-request.ts';
import { otlpBody } from '../collector/otlp-body.ts';
import type { TestSpan } from '../collector/otlp-body.ts';
import { RequestType } from '../collector/oracle.ts';

/** Spans a request, as the SDK's batch processor sends them. */
export const BATCH = 512;
/** Bytes of a span's trace id and span id together. */
const IDS = 24;

/** One export request, whose ids and times are written anew before each time that it is sent. */
export interface LoadBody {
  bytes: Buffer;
  /** Where each span's trace id, span id and start time lie. */
  places: { trace: number; span: number; time: number }[];
}

export interface DataOptions {
  bodies: number;
  /** Distinct tokens; each has one client, one to three addresses and a few routes. */
  tokens: number;
  /** Whether no token and no address comes twice: `tokens` is then not looked at. */
  allNew?: boolean;
}

/** Repeatable random numbers from 0 to below 1 (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

function pick<T>(values: readonly T[], at: number): T {
  return values[Math.floor(at) % values.length] as T;
}

const SERVICES = ['accounts', 'payments', 'cards', 'consents', 'reports', 'funds', 'rates', 'kyc'];
const THINGS = ['list', 'one', 'history', 'limits', 'status', 'search', 'export', 'holders'];
const AGENTS = Array.from({ length: 40 }, (_, at) => `acme-sdk/${3 + (at % 4)}.${at} (node 24)`);

/** An address of the Internet: none of the private blocks begins so. */
function addressOf(number: number): string {
  return `${20 + (number % 100)}.${(number >>> 7) & 255}.${(number >>> 15) & 255}.${number & 255}`;
}

/** One span of 16 attributes and about 660 bytes. */
function spanOf(random: () => number, service: string, at: number, text: string): TestSpan {
  const step = Math.floor(random() ** 2 * 3);
  const route = `/${service}/${pick(THINGS, at + step)}/:id`;
  const client = (at >> 3) % 500;
  const write = step === 1;
  const scope = `${service}:${write ? 'write' : 'read'}`;
  return {
    attributes: {
      'http.request.method': write ? 'POST' : 'GET',
      'http.response.status_code': pick([200, 200, 201, 404, 403, 429], random() ** 8 * 6),
      'http.route': route,
      'url.path': `${route.slice(0, -3)}${Math.floor(random() * 1e6)}`,
      'url.scheme': 'https',
      'server.address': 'api.bank.example',
      'server.port': 443,
      'network.protocol.version': '1.1',
      // At home, and now and then from one of two other places.
      'client.address': addressOf(at * 2_654_435 + pick([0, 0, 0, 0, 0, 0, 0, 1, 2], random() * 9)),
      'user_agent.original': pick(AGENTS, client),
      'http.request.header.authorization': [`Bearer ${text}`],
      'tokenwatch.client.id': `client-${client}`,
      'tokenwatch.scope': scope,
      'tokenwatch.token.scopes': [`${service}:read`, scope, pick(['offline', 'basic'], client)],
      'tokenwatch.token.environment': 'production',
      'tokenwatch.request.fields': write ? ['amount', 'currency', 'iban'] : ['from', 'to'],
    },
    traceId: 'ab'.repeat(16),
    spanId: 'cd'.repeat(8),
  };
}

function locate(bytes: Buffer, start: Buffer): LoadBody['places'] {
  const places: LoadBody['places'] = [];
  new OtlpReader().read(bytes, 'traces', {
    call: ({ traceIdAt, spanIdAt }) =>
      places.push({ trace: traceIdAt, span: spanIdAt, time: bytes.indexOf(start, spanIdAt) }),
    bad: (problem) => {
      throw new Error(problem);
    },
  });
  return places;
}

/**
 * Requests of a bank: some tokens call far more than others, each from its client and from few
 * addresses; 64 routes of eight services.
 */
export function makeBodies(options: DataOptions): LoadBody[] {
  const { allNew = false } = options;
  const random = randomNumbers(1);
  const time = 1_700_000_000_000;
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(time) * 1_000_000n);
  return Array.from({ length: options.bodies }, (_, number) => {
    const service = pick(SERVICES, number);
    const spans = Array.from({ length: BATCH }, (_span, index) => {
      // The square of an even share: half the calls are of a quarter of the tokens.
      // A token is of one service.
      const drawn = Math.floor((random() ** 2 * options.tokens) / SERVICES.length);
      const at = allNew
        ? number * BATCH + index
        : drawn * SERVICES.length + (number % SERVICES.length);
      const text = Buffer.from(`token ${at} of the benchmark`).toString('base64url');
      return { ...spanOf(random, service, at, text), time };
    });
    const body = otlpBody(spans, {
      'service.name': service,
      'service.version': '1.4.2',
      'deployment.environment.name': 'production',
    });
    // Lengths in as few bytes as they need, as the SDKs write them.
    const bytes = Buffer.from(RequestType.encode(RequestType.decode(body)).finish());
    return { bytes, places: locate(bytes, start) };
  });
}

const ids = Buffer.alloc(BATCH * IDS);

/**
 * Gives the spans of a body ids of their own and times of the last second before `at` (epoch ms):
 * no two sendings of a body are the same.
 */
export function renew({ bytes, places }: LoadBody, at: number): void {
  randomFillSync(ids);
  for (let index = 0; index < places.length; index++) {
    const { trace, span, time } = places[index] as LoadBody['places'][number];
    const from = index * IDS;
    for (let byte = 0; byte < 16; byte++) bytes[trace + byte] = ids[from + byte] ?? 0;
    for (let byte = 0; byte < 8; byte++) bytes[span + byte] = ids[from + 16 + byte] ?? 0;
    const nanoseconds = (at - ((index * 2) % 1000)) * 1e6;
    bytes.writeUInt32LE(nanoseconds % 0x1_0000_0000, time);
    bytes.writeUInt32LE(Math.floor(nanoseconds / 0x1_0000_0000), time + 4);
  }
}
