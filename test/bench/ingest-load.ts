import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { otlpBody } from '../collector/otlp-body.ts';
import { RequestType } from '../collector/oracle.ts';
import type { TestSpan } from '../collector/otlp-body.ts';

/** Spans a request, as the SDK's batch processor sends them. */
export const BATCH = 512;

function pick<T>(values: readonly T[], at: number): T {
  return values[at % values.length] as T;
}

const ROUTES = ['/accounts/:id', '/accounts/:id/transactions', '/payments', '/reports/:id'];
const AGENTS = [
  'acme-sdk/3.1 (node 24)',
  'python-requests/2.32',
  'okhttp/4.12',
  'Go-http-client/2',
];

/** One span of 16 attributes and about 660 bytes; `token` and `address` decide how new it is. */
function spanOf(index: number, token: string, address: string): TestSpan {
  return {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    attributes: {
      'http.request.method': index % 3 === 0 ? 'POST' : 'GET',
      'http.response.status_code': index % 50 === 0 ? 403 : 200,
      'http.route': pick(ROUTES, index),
      'url.path': `/accounts/${index}/transactions`,
      'url.scheme': 'https',
      'server.address': 'api.bank.example',
      'server.port': 443,
      'network.protocol.version': '1.1',
      'client.address': address,
      'user_agent.original': pick(AGENTS, index >> 2),
      'http.request.header.authorization': [`Bearer ${token}`],
      'tokenwatch.client.id': `client-${index % 200}`,
      'tokenwatch.scope': pick(['accounts:read', 'payments:write', 'reports:read'], index),
      'tokenwatch.token.scopes': ['accounts:read', 'payments:write', 'reports:read'],
      'tokenwatch.token.environment': 'production',
      'tokenwatch.request.fields': ['amount', 'currency', 'iban'],
    },
  };
}

/** An address of the Internet: none of the private blocks begins so. */
function addressOf(number: number): string {
  return `${20 + (number % 100)}.${(number >> 7) & 255}.${(number >> 15) & 255}.${number & 255}`;
}

/**
 * Bodies to send again and again.
 *
 * @param tokens distinct tokens and addresses among them; as many as there are spans makes every
 *   one new until the bodies repeat
 */
export function makeBodies(count: number, tokens: number): Buffer[] {
  const names = Array.from({ length: tokens }, () => randomBytes(24).toString('base64url'));
  return Array.from({ length: count }, (_, number) => {
    const spans = Array.from({ length: BATCH }, (_span, index) => {
      const at = (number * BATCH + index) % tokens;
      return spanOf(number * 7 + index, names[at] as string, addressOf(at * 2_654_435));
    });
    const body = otlpBody(spans, {
      'service.name': pick(['payments', 'accounts', 'reports'], number),
      'service.version': '1.4.2',
      'deployment.environment.name': 'production',
    });
    // Lengths in as few bytes as they need, as the SDKs write them.
    return Buffer.from(RequestType.encode(RequestType.decode(body)).finish());
  });
}

export interface LoadResult {
  spans: number;
  refused: number;
  seconds: number;
  /** Milliseconds from request to acknowledgement, sorted. */
  latencies: number[];
}

export interface LoadOptions {
  url: string;
  bodies: readonly Buffer[];
  seconds: number;
  connections: number;
  /** Spans a second, or 0 for as many as are taken. */
  rate: number;
}

function post(agent: Agent, url: URL, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/x-protobuf', 'Content-Length': body.length };
    const sent = request(url, { agent, method: 'POST', headers }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

/** Sends bodies from many connections at once, each waiting for its acknowledgement. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { bodies, connections, rate } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const url = new URL('/v1/traces', options.url);
  const result: LoadResult = { spans: 0, refused: 0, seconds: 0, latencies: [] };
  const begun = performance.now();
  const end = begun + options.seconds * 1000;
  let sent = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const index = sent++;
      const due = rate === 0 ? 0 : begun + (index * BATCH * 1000) / rate;
      const early = due - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      const from = performance.now();
      if (from >= end) return;
      const status = await post(agent, url, pick(bodies, index));
      result.latencies.push(performance.now() - (rate === 0 ? from : Math.min(from, due)));
      if (status === 200) result.spans += BATCH;
      else result.refused += BATCH;
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  result.seconds = (performance.now() - begun) / 1000;
  agent.destroy();
  result.latencies.sort((a, b) => a - b);
  return result;
}
