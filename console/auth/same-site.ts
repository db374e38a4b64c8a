import type { FastifyRequest } from 'fastify';

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}

function hostOf(header: string): string {
  return header.replace(/:\d+$/, '').toLowerCase();
}

/**
 * The names under which this console may be asked, or null when any will do. On a loopback address
 * a page of another site could reach it by pointing its own name at 127.0.0.1 (DNS rebinding);
 * only the names of this machine, and the configured one, are answered.
 */
export function acceptedHosts(listen: string, publicUrl: string | undefined): string[] | null {
  const configured = publicUrl === undefined ? [] : [hostOf(new URL(publicUrl).host)];
  if (isLoopback(listen)) return [...LOOPBACK, ...configured];
  return configured.length === 0 ? null : [...configured, ...LOOPBACK];
}

/** True when the request names a host that this console answers for. */
export function isAcceptedHost(request: FastifyRequest, accepted: string[] | null): boolean {
  return accepted === null || accepted.includes(hostOf(request.headers.host ?? ''));
}

/**
 * True when a request that changes something comes from this console's own page: by the browser's
 * `Sec-Fetch-Site`, else by `Origin`. A request with neither does not come from a page at all and
 * has no business riding on a session.
 */
export function isOwnPage(request: FastifyRequest): boolean {
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return site === 'same-origin';
  try {
    return new URL(origin).host === host;
  } catch {
    // `Origin: null`, as from a sandboxed frame.
    return false;
  }
}
