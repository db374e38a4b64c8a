import type { Attributes } from '@opentelemetry/api';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { OTEL } from '../model/attributes.ts';
import { maskText } from './mask.ts';

/** Attributes of connections already looked at: a certificate does not change within one. */
const known = new WeakMap<Socket, Attributes>();

/**
 * TLS version and, where the client presented a certificate, its SHA-256, subject, issuer and end
 * (ISO 8601). Empty for plain connections, and where a proxy in front ended TLS.
 */
export function tlsAttributes(socket: Socket | null): Attributes {
  if (!(socket instanceof TLSSocket)) return {};
  const seen = known.get(socket);
  if (seen !== undefined) return seen;
  const attributes = read(socket);
  known.set(socket, attributes);
  return attributes;
}

/** True when the client proved a certificate that the service's authorities vouch for. */
export function isCertified(socket: Socket | null): boolean {
  return socket instanceof TLSSocket && socket.authorized;
}

function read(socket: TLSSocket): Attributes {
  const attributes: Attributes = {};
  const version = /^TLSv(\d(?:\.\d)?)$/.exec(socket.getProtocol() ?? '')?.[1];
  if (version !== undefined) attributes[OTEL.tlsVersion] = version;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return attributes;
  attributes[OTEL.tlsClientHash] = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  attributes['tls.client.subject'] = maskText(oneLine(certificate.subject));
  attributes['tls.client.issuer'] = maskText(oneLine(certificate.issuer));
  const end = new Date(certificate.validTo);
  if (!Number.isNaN(end.getTime())) attributes['tls.client.not_after'] = end.toISOString();
  return attributes;
}

function oneLine(name: string): string {
  return name.split('\n').join(', ').slice(0, 256);
}
