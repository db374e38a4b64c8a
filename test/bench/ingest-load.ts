import { Agent, request } from 'node:http';
import { BATCH, renew } from './ingest-data.ts';
import type { LoadBody } from './ingest-data.ts';

export interface LoadResult {
  spans: number;
  refused: number;
  seconds: number;
  /** Milliseconds from request to acknowledgement, sorted. */
  latencies: number[];
  /** CPU seconds that the sending itself took. */
  cpu: number;
}

export interface LoadOptions {
  url: string;
  bodies: readonly LoadBody[];
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
  const { bodies, rate } = options;
  const connections = Math.min(options.connections, bodies.length);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const url = new URL('/v1/traces', options.url);
  const result: LoadResult = { spans: 0, refused: 0, seconds: 0, latencies: [], cpu: 0 };
  const cpu = process.cpuUsage();
  // A body is on its way once at a time, because it is written anew before.
  const idle = [...bodies];
  const begun = performance.now();
  const end = begun + options.seconds * 1000;
  let sent = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const index = sent++;
      const due = rate === 0 ? 0 : begun + (index * BATCH * 1000) / rate;
      if (due >= end) return;
      const early = due - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      const from = performance.now();
      if (from >= end) return;
      const body = idle.shift() as LoadBody;
      renew(body, Date.now());
      const status = await post(agent, url, body.bytes);
      idle.push(body);
      result.latencies.push(performance.now() - (rate === 0 ? from : Math.min(from, due)));
      if (status === 200) result.spans += BATCH;
      else result.refused += BATCH;
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  result.seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  result.cpu = (user + system) / 1e6;
  agent.destroy();
  result.latencies.sort((a, b) => a - b);
  return result;
}
