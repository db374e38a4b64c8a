import type { Attributes } from '@opentelemetry/api';
import type { IncomingMessage } from 'node:http';
import { OTEL } from '../model/attributes.ts';

/** What proxies write, and callers too: believed by nobody here, passed on for the collector. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-proto'] as const;

/**
 * A framework's word on the caller, where it has one: proxies were named to it, or its address is
 * another than the peer's.
 *
 * @param ip the framework's view (`request.ip`)
 * @param trustsProxies whether the framework was told of proxies
 * @param peer the socket's remote address
 */
export function frameworkAddress(
  ip: string | undefined,
  trustsProxies: boolean,
  peer: string | undefined,
): string | undefined {
  if (ip === undefined || ip === '') return undefined;
  return trustsProxies || ip !== peer ? ip : undefined;
}

/**
 * Says from where a request came: the framework's word where it has one. Without, the peer, in place
 * of the leftmost `X-Forwarded-For` that stock instrumentation takes and any caller can write; and
 * the proxies' headers as they came, so that `collector.trusted_hops` decides what of them counts.
 *
 * @param known by the framework's trusted proxies; undefined where it was told of none
 */
export function addCaller(
  request: IncomingMessage,
  known: string | undefined,
  peer: string | undefined,
  into: Attributes,
): void {
  if (known !== undefined) {
    into[OTEL.clientAddress] = known;
    return;
  }
  if (peer !== undefined) into[OTEL.clientAddress] = peer;
  for (const name of FORWARDED) {
    const value = request.headers[name];
    if (value !== undefined) {
      into[OTEL.requestHeader + name] = typeof value === 'string' ? [value] : value;
    }
  }
}
