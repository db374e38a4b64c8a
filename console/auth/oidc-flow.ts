import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { sameSecret } from './secrets.ts';

/** How long somebody may take at the provider, ms. */
export const FLOW_LIFETIME = 10 * 60_000;

const flowSchema = z.strictObject({
  state: z.string().min(1),
  nonce: z.string().min(1),
  verifier: z.string().min(43),
  /** Epoch ms. */
  until: z.number(),
});

/** What must come back as it went out: it binds an answer of the provider to this browser. */
export type Flow = z.infer<typeof flowSchema>;

function signatureOf(key: string, payload: string): string {
  return createHmac('sha256', key).update(`oidc-flow:${payload}`).digest('base64url');
}

/** A flow as a signed cookie's value. */
export function sealFlow(flow: Flow, key: string): string {
  const payload = Buffer.from(JSON.stringify(flow)).toString('base64url');
  return `${payload}.${signatureOf(key, payload)}`;
}

/** The flow of a cookie that this console signed and that is not too old, or null. */
export function openFlow(cookie: string, key: string, at: number): Flow | null {
  const [payload = '', signature = ''] = cookie.split('.');
  if (!sameSecret(signature, signatureOf(key, payload))) return null;
  // What is signed was written above; the schema guards against a cookie of another version.
  const parsed = flowSchema.safeParse(
    JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')),
  );
  return parsed.success && at < parsed.data.until ? parsed.data : null;
}
