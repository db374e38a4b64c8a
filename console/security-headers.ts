import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

/** Headers of every answer. Pages and their styles are admitted by a nonce; scripts are files only. */
const HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
};

/** The policy of the page: own files only; injected style sheets need this answer's nonce. */
export function pagePolicy(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ].join('; ');
}

/** Nothing may be loaded by or run in an answer that is not a page. */
const NO_PAGE = "default-src 'none'; frame-ancestors 'none'";

/** A fresh nonce, 128 bits. */
export function newNonce(): string {
  return randomBytes(16).toString('base64');
}

/** Sets the headers on every answer; pages replace the policy by their own. */
export function addSecurityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    void reply.headers({ ...HEADERS, 'content-security-policy': NO_PAGE });
  });
}
