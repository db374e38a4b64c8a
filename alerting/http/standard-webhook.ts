import { Webhook } from 'standardwebhooks';
import type { Secret } from '../../config/secret.ts';

/**
 * Headers of a Standard Webhook (1.0): id, time of the attempt, and one signature for each key, so
 * that a receiver may still know only the old one while keys rotate.
 *
 * @param id the delivery's id, the same on every attempt: the receiver's idempotency key
 * @param at epoch ms of this attempt
 */
export function signedHeaders(
  secrets: readonly Secret[],
  id: string,
  at: number,
  body: string,
): Record<string, string> {
  const date = new Date(at);
  const signatures = secrets.map((secret) => new Webhook(secret.reveal()).sign(id, date, body));
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': signatures.join(' '),
  };
}
