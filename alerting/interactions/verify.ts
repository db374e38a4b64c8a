import { createHmac, timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Secret } from '../../config/secret.ts';

/** How old a request may be, ms: Slack's own figure. */
const MAX_AGE = 5 * 60_000;

export type Verdict =
  { ok: true } | { ok: false; why: 'unsigned' | 'stale' | 'forged' | 'replayed' };

/** Tells Slack's requests from others', and each of them only once. */
export interface Verifier {
  /** @param now epoch ms */
  verify(headers: { timestamp?: string; signature?: string }, body: string, now: number): Verdict;
}

function macOf(secret: Secret, timestamp: string, body: string): Buffer {
  const mac = createHmac('sha256', secret.reveal()).update(`v0:${timestamp}:${body}`, 'utf8');
  return Buffer.from(`v0=${mac.digest('hex')}`);
}

/** Checks requests as Slack says (HMAC-SHA256 of `v0:{timestamp}:{raw body}`), for any of the secrets. */
export function createVerifier(secrets: readonly Secret[]): Verifier {
  // Longer than a request can be fresh: a replay is stale before it is forgotten.
  const seen = new LRUCache<string, true>({ max: 10_000 });
  return {
    verify({ timestamp, signature }, body, now) {
      if (timestamp === undefined || signature === undefined) return { ok: false, why: 'unsigned' };
      const at = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) * 1000 : NaN;
      if (!(Math.abs(now - at) <= MAX_AGE)) return { ok: false, why: 'stale' };
      const given = Buffer.from(signature);
      const genuine = secrets.some((secret) => {
        const expected = macOf(secret, timestamp, body);
        return expected.length === given.length && timingSafeEqual(expected, given);
      });
      if (!genuine) return { ok: false, why: 'forged' };
      if (seen.has(signature)) return { ok: false, why: 'replayed' };
      seen.set(signature, true);
      return { ok: true };
    },
  };
}
