import { z } from 'zod';
import { present, problemOf, requestLineOf, said, statusOrAbsent } from './access-log.ts';
import type { ImportedCall } from './line.ts';

/** Places of the fields in a line, as AWS documents them; newer lines have more at the end. */
const PLACES = {
  ...{ type: 0, time: 1, client: 3, status: 8, request: 12, userAgent: 13 },
  ...{ tls: 15, domain: 18, created: 21 },
};

const moment = z.iso.datetime({ error: 'expected an ISO time' });

const lineSchema = z.object({
  type: z.enum(['http', 'https', 'h2', 'grpcs', 'ws', 'wss']),
  time: moment,
  client: z.string().regex(/:\d+$/, 'expected address and port'),
  status: statusOrAbsent,
  request: z.string(),
  userAgent: z.string(),
  tls: z.string(),
  domain: z.string().optional(),
  created: moment.optional(),
});

/** Fields stand between spaces, some in quotes; a quote within one is written as `\x22`. */
function fieldsOf(line: string): string[] {
  return Array.from(line.matchAll(/"([^"]*)"|(\S+)/g), (found) => found[1] ?? found[2] ?? '');
}

/** Host and path of `https://www.example.com:443/accounts?x=1`, or null. */
function urlOf(target: string): { host: string; path: string } | null {
  const found = /^\w+:\/\/([^/?#]*?)(?::\d+)?(\/[^?#]*)?(?:[?#].*)?$/s.exec(target);
  return found === null ? null : { host: found[1] ?? '', path: found[2] ?? '/' };
}

/**
 * A line of an Application Load Balancer's access log as a call: the domain is the service. These
 * logs hold no headers, so no token is known of them; they show routes, networks and refusals.
 *
 * @returns the call, or what is wrong with the line
 */
export function callOfAwsAlb(line: unknown): ImportedCall | string {
  const fields = typeof line === 'string' ? fieldsOf(line) : [];
  const named = Object.entries(PLACES).map(([name, place]) => [name, fields[place]]);
  const parsed = lineSchema.safeParse(Object.fromEntries(named));
  if (!parsed.success) return problemOf(parsed.error, 'expected a line of an ALB access log');
  const record = parsed.data;
  const request = requestLineOf(record.request.trim());
  const url = request === null ? null : urlOf(request.target);
  if (request === null || url === null) return 'request: expected method, URL and protocol';
  return {
    time: Date.parse(record.created ?? record.time),
    ...present({
      service: said(record.domain) ?? said(url.host),
      method: request.method,
      path: url.path,
      status: record.status,
      ip: record.client,
      user_agent: said(record.userAgent),
      tls_version: said(record.tls),
    }),
  };
}
