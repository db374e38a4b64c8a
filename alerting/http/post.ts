import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Secret } from '../../config/secret.ts';
import type { Outcome } from '../notifier.ts';
import { BLOCKED, guardedLookup, isPrivateHost } from './address-guard.ts';

/** A receiver's answer is read up to here; nobody has more to say to a webhook. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Where to post and how far to trust it, as receivers are configured. */
export interface Endpoint {
  url: string;
  allow_private_network: boolean;
  client_cert?: string | undefined;
  client_key?: Secret | undefined;
  ca?: string | undefined;
}

export interface Answer {
  status: number;
  /** Milliseconds, from `Retry-After` in seconds or as a date; absent when it was not sent. */
  retryAfterMs?: number;
  body: string;
}

/** A request that got no answer. */
export interface NoAnswer {
  status: 0;
  /** In our own words; holds no address and no secret. */
  why: string;
  /** False when the same request would never get one. */
  passing: boolean;
}

/** `Retry-After` in milliseconds from `now` (epoch ms), or undefined when absent or unreadable. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    const piece = chunk as Buffer;
    size += piece.length;
    if (size > MAX_ANSWER_BYTES) {
      response.destroy();
      break;
    }
    chunks.push(piece);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function noAnswer(error: unknown): NoAnswer {
  const { name, code } = error as NodeJS.ErrnoException;
  if (code === BLOCKED)
    return { status: 0, why: 'the URL leads to a private address', passing: false };
  if (name === 'AbortError' || name === 'TimeoutError' || code === 'ABORT_ERR') {
    return { status: 0, why: 'no answer in time', passing: true };
  }
  const word = typeof code === 'string' && /^[A-Z0-9_]+$/.test(code) ? code : 'connection failed';
  return { status: 0, why: word, passing: true };
}

/**
 * Posts a body once. Redirects are not followed, the answer is read up to 64 KiB, and private
 * addresses are refused unless the endpoint allows them.
 *
 * @param now epoch ms, to read a `Retry-After` that is a date
 */
export async function post(
  endpoint: Endpoint,
  body: string,
  headers: Record<string, string>,
  { signal, now }: { signal: AbortSignal; now: number },
): Promise<Answer | NoAnswer> {
  const url = new URL(endpoint.url);
  if (!endpoint.allow_private_network && isPrivateHost(url.hostname)) {
    return { status: 0, why: 'the URL leads to a private address', passing: false };
  }
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(url, {
        method: 'POST',
        agent: false,
        signal,
        headers: {
          'user-agent': 'tokenwatch',
          'content-length': String(Buffer.byteLength(body)),
          ...headers,
        },
        ...(endpoint.allow_private_network ? {} : { lookup: guardedLookup }),
        ...tlsOf(endpoint),
      });
      request.once('response', resolve);
      request.once('error', reject);
      request.end(body);
    });
    const afterMs = retryAfterMs(response.headers['retry-after'], now);
    return {
      status: response.statusCode ?? 0,
      ...(afterMs === undefined ? {} : { retryAfterMs: afterMs }),
      body: await readBody(response),
    };
  } catch (error) {
    return noAnswer(error);
  }
}

function tlsOf(endpoint: Endpoint): { cert?: Buffer; key?: string; ca?: Buffer } {
  return {
    ...(endpoint.client_cert === undefined ? {} : { cert: readFileSync(endpoint.client_cert) }),
    ...(endpoint.client_key === undefined ? {} : { key: endpoint.client_key.reveal() }),
    ...(endpoint.ca === undefined ? {} : { ca: readFileSync(endpoint.ca) }),
  };
}

/**
 * What an answer means to a delivery: 2xx took it; 408, 425, 429 and 5xx are worth another attempt;
 * everything else (redirects, 410 Gone, other 4xx) will not change by trying.
 */
export function outcomeOf(answer: Answer | NoAnswer, ref: string): Outcome {
  if (answer.status === 0) {
    const { why, passing } = answer as NoAnswer;
    return { kind: passing ? 'retry' : 'refused', why };
  }
  const { status, retryAfterMs: afterMs } = answer as Answer;
  if (status >= 200 && status < 300) return { kind: 'sent', ref };
  const why = `HTTP ${String(status)}`;
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    return { kind: 'retry', why, ...(afterMs === undefined ? {} : { afterMs }) };
  }
  return {
    kind: 'refused',
    why: status >= 300 && status < 400 ? `${why}: redirects are not followed` : why,
  };
}
