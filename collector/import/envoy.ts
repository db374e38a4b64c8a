import { z } from 'zod';
import { present, problemOf, statusOrAbsent, textOrAbsent, tokenOf } from './access-log.ts';
import type { ImportedCall } from './line.ts';

/** The keys that Istio and Envoy Gateway use by default, and those of headers that may be added. */
const recordSchema = z.object({
  start_time: z.iso.datetime({ offset: true, error: 'expected an ISO time' }),
  method: textOrAbsent,
  path: textOrAbsent,
  'x-envoy-origin-path': textOrAbsent,
  response_code: statusOrAbsent,
  authority: textOrAbsent,
  ':authority': textOrAbsent,
  user_agent: textOrAbsent,
  'user-agent': textOrAbsent,
  downstream_remote_address: textOrAbsent,
  downstream_tls_version: textOrAbsent,
  authorization: textOrAbsent,
  'x-api-key': textOrAbsent,
  x_api_key: textOrAbsent,
});

/**
 * A line of Envoy's JSON access log as a call, with the keys of Istio's or Envoy Gateway's default
 * format: the authority is the service, the downstream's remote address the client's (Envoy has
 * read `X-Forwarded-For` as it is configured to).
 *
 * @returns the call, or what is wrong with the line
 */
export function callOfEnvoy(value: unknown): ImportedCall | string {
  const parsed = recordSchema.safeParse(value);
  if (!parsed.success) return problemOf(parsed.error, 'expected a line of Envoy');
  const record = parsed.data;
  const path = record.path ?? record['x-envoy-origin-path'];
  if (record.method === undefined || path === undefined) return 'method and path: are missing';
  return {
    time: Date.parse(record.start_time),
    ...present({
      token: tokenOf([
        ['authorization', record.authorization ?? ''],
        ['x-api-key', record['x-api-key'] ?? record.x_api_key ?? ''],
      ]),
      service: record.authority ?? record[':authority'],
      method: record.method,
      path,
      status: record.response_code,
      ip: record.downstream_remote_address,
      user_agent: record.user_agent ?? record['user-agent'],
      tls_version: record.downstream_tls_version,
    }),
  };
}
