import { z } from 'zod';
import { present, problemOf, textOrAbsent, tokenOf } from './access-log.ts';
import type { ImportedCall } from './line.ts';

/** What is read of a record of Logpush's data set `http_requests`; all else is left where it is. */
const recordSchema = z.object({
  /** RFC 3339, or Unix seconds, milliseconds or nanoseconds, as the job is configured. */
  EdgeStartTimestamp: z.union([z.iso.datetime({ offset: true }), z.number().positive()]),
  ClientRequestHost: textOrAbsent,
  ClientRequestMethod: z.string(),
  ClientRequestURI: textOrAbsent,
  ClientRequestPath: textOrAbsent,
  EdgeResponseStatus: z.number().int().min(0).max(999),
  ClientIP: textOrAbsent,
  ClientRequestUserAgent: textOrAbsent,
  ClientSSLProtocol: textOrAbsent,
  /** Custom fields: only what the job was told to log. */
  RequestHeaders: z.record(z.string(), z.string()).optional(),
});

/** The moment in epoch ms, whichever unit it is written in. */
function momentOf(stamp: string | number): number {
  if (typeof stamp === 'string') return Date.parse(stamp);
  if (stamp > 1e17) return Math.floor(stamp / 1e6);
  return stamp > 1e11 ? Math.floor(stamp) : Math.floor(stamp * 1000);
}

/**
 * A record of Cloudflare's Logpush (`http_requests`) as a call: the host is the service. A token is
 * known only where the job logs the header that carries it; nothing is concluded where it does not.
 *
 * @returns the call, or what is wrong with the record
 */
export function callOfCloudflare(value: unknown): ImportedCall | string {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) return problemOf(parsed.error, 'expected a Logpush record');
  const record = parsed.data;
  return {
    time: momentOf(record.EdgeStartTimestamp),
    ...present({
      token: tokenOf(Object.entries(record.RequestHeaders ?? {})),
      service: record.ClientRequestHost,
      method: record.ClientRequestMethod,
      path: record.ClientRequestPath ?? record.ClientRequestURI,
      status: record.EdgeResponseStatus,
      ip: record.ClientIP,
      user_agent: record.ClientRequestUserAgent,
      tls_version: record.ClientSSLProtocol === 'none' ? undefined : record.ClientSSLProtocol,
    }),
  };
}
