import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { parseCredential } from '../model/credential.ts';
import type { Credential } from '../model/credential.ts';
import type { Settings } from './options.ts';

/** The credential of a request: header, then query parameter, then the service's own finder. */
export function credentialOf(settings: Settings, request: IncomingMessage): Credential | null {
  const header = fromHeaders(settings.credentialHeaders, request.headers);
  if (header !== null) return header;
  const parameter = fromQuery(settings.credentialParameter, request.url ?? '');
  const raw = parameter ?? settings.credential?.(request);
  return raw === undefined || raw === '' ? null : { raw, basicUser: '' };
}

function fromHeaders(names: readonly string[], headers: IncomingHttpHeaders): Credential | null {
  for (const name of names) {
    const value = headers[name];
    const first = Array.isArray(value) ? value[0] : value;
    const found = first === undefined ? null : parseCredential(first);
    if (found !== null) return found;
  }
  return null;
}

function fromQuery(parameter: string | null, url: string): string | undefined {
  if (parameter === null || !url.includes(`${parameter}=`)) return undefined;
  const query = url.slice(url.indexOf('?') + 1);
  return new URLSearchParams(query).get(parameter) ?? undefined;
}
