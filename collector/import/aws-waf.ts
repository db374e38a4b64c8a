import { z } from 'zod';
import { present, problemOf, said, textOrAbsent, tokenOf } from './access-log.ts';
import type { ImportedCall } from './line.ts';

/** What is read of a record of AWS WAF's web ACL logs (format version 1). */
const recordSchema = z.object({
  timestamp: z.number().int().min(1e11).max(4e12),
  action: z.enum(['ALLOW', 'BLOCK', 'COUNT', 'CAPTCHA', 'CHALLENGE']),
  responseCodeSent: z.coerce.number().int().min(0).max(999).nullish(),
  httpRequest: z.object({
    clientIp: textOrAbsent,
    country: textOrAbsent,
    headers: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
    host: textOrAbsent,
    uri: textOrAbsent,
    httpMethod: textOrAbsent,
  }),
});

const BLOCKED_STATUS = 403;

/**
 * A record of AWS WAF's logs as a call: the host is the service. The log does not say what became
 * of a request that was let through, so such a call has no status; one that was stopped is refused
 * with the code that was sent (403 where none is said). What was redacted is absent.
 *
 * @returns the call, or what is wrong with the record
 */
export function callOfAwsWaf(value: unknown): ImportedCall | string {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) return problemOf(parsed.error, 'expected a record of AWS WAF');
  const { timestamp, action, responseCodeSent, httpRequest: request } = parsed.data;
  const headers = (request.headers ?? []).map(({ name, value: text }) => [name, text] as const);
  const header = (name: string): string | undefined =>
    said(headers.find(([key]) => key.toLowerCase() === name)?.[1]);
  const isStopped = action !== 'ALLOW' && action !== 'COUNT';
  return {
    time: timestamp,
    ...present({
      token: tokenOf(headers),
      service: request.host ?? header('host'),
      method: request.httpMethod,
      path: request.uri,
      status: isStopped ? (responseCodeSent ?? BLOCKED_STATUS) : undefined,
      auth_result: isStopped ? 'rejected' : undefined,
      ip: request.clientIp,
      country: /^[A-Z]{2}$/.test(request.country ?? '') ? request.country : undefined,
      user_agent: header('user-agent'),
    }),
  };
}
