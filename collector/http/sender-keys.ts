import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../config/secret.ts';

/** Who sent a request: a short name that tells keys apart, or null when the key is wrong. */
export type Authenticate = (authorization: string | undefined) => string | null;

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

/**
 * Checks `Authorization: Bearer <key>` against the configured keys, comparing hashes in constant
 * time. Without keys everybody is `local`: the collector then listens on loopback only.
 */
export function senderKeys(keys: readonly Secret[]): Authenticate {
  if (keys.length === 0) return () => 'local';
  const known = keys.map((key, index) => ({ name: `key${index + 1}`, hash: digest(key.reveal()) }));
  return (authorization) => {
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (given === undefined) return null;
    const hash = digest(given);
    // Every key is compared, so that the time does not tell which one was close.
    const matches = known.filter((key) => timingSafeEqual(key.hash, hash));
    return matches[0]?.name ?? null;
  };
}

/** Whether a host to listen on is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
