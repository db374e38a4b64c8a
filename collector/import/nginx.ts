import { z } from 'zod';
import { present, problemOf, requestLineOf, said } from './access-log.ts';
import { statusOrAbsent, textOrAbsent, tokenOf } from './access-log.ts';
import type { ImportedCall } from './line.ts';

/** `combined`, and whatever was added behind it: `main`'s `X-Forwarded-For`, times, upstreams. */
const COMBINED =
  /^(\S+) - (.{0,256}?) \[([^\]]{20,32})\] "([^"]*)" (\d{3}) (?:\d+|-) "[^"]*" "([^"]*)"(?: .*)?$/;

const LOCAL_TIME = /^(\d{2})\/(\w{3})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})$/;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Epoch ms of `$time_local`, `15/Nov/2026:13:55:36 +0100`; NaN when it is none. */
function localTime(text: string): number {
  const [, day, month = '', year, clock, hours, minutes] = LOCAL_TIME.exec(text) ?? [];
  const number = String(MONTHS.indexOf(month) + 1).padStart(2, '0');
  return Date.parse(`${year}-${number}-${day}T${clock}${hours}:${minutes}`);
}

/** NGINX's own names of its variables, as a `log_format … escape=json` uses them for keys. */
const jsonSchema = z.object({
  time_iso8601: z.iso.datetime({ offset: true, error: 'expected an ISO time' }).optional(),
  time_local: z.string().optional(),
  /** Seconds with a fraction of milliseconds. */
  msec: z.coerce.number().positive().max(4e9).optional(),
  request: textOrAbsent,
  request_method: textOrAbsent,
  request_uri: textOrAbsent,
  uri: textOrAbsent,
  status: statusOrAbsent,
  remote_addr: textOrAbsent,
  remote_user: textOrAbsent,
  host: textOrAbsent,
  http_host: textOrAbsent,
  server_name: textOrAbsent,
  http_user_agent: textOrAbsent,
  http_authorization: textOrAbsent,
  http_x_api_key: textOrAbsent,
  ssl_protocol: textOrAbsent,
});

type JsonLine = z.infer<typeof jsonSchema>;

function timeOf({ msec, time_iso8601: iso, time_local: local }: JsonLine): number {
  if (msec !== undefined) return Math.floor(msec * 1000);
  return iso === undefined ? localTime(local ?? '') : Date.parse(iso);
}

function callOfJson(value: unknown): ImportedCall | string {
  const parsed = jsonSchema.safeParse(value);
  if (!parsed.success) return problemOf(parsed.error, 'expected a line of NGINX');
  const line = parsed.data;
  const time = timeOf(line);
  if (Number.isNaN(time)) return 'time_iso8601, msec or time_local: expected a time';
  const request = requestLineOf(line.request ?? '');
  const method = line.request_method ?? request?.method;
  const target = line.request_uri ?? line.uri ?? request?.target;
  if (method === undefined || target === undefined) return 'request: expected method and URI';
  return {
    time,
    ...present({
      token: tokenOf([
        ['authorization', line.http_authorization ?? ''],
        ['x-api-key', line.http_x_api_key ?? ''],
      ]),
      subject: line.remote_user,
      service: line.host ?? line.http_host ?? line.server_name,
      method,
      path: target,
      status: line.status,
      ip: line.remote_addr,
      user_agent: line.http_user_agent,
      tls_version: line.ssl_protocol,
    }),
  };
}

function callOfCombined(line: string): ImportedCall | string {
  const found = COMBINED.exec(line);
  if (found === null) return 'expected a line of the combined format, or JSON';
  const [, ip, user, local = '', requestLine = '', status, agent] = found;
  const time = localTime(local);
  if (Number.isNaN(time)) return 'time_local: expected a time';
  const request = requestLineOf(requestLine);
  if (request === null) return 'request: expected method, URI and protocol';
  return {
    time,
    ...present({
      subject: said(user),
      method: request.method,
      path: request.target,
      status: Number(status),
      ip: said(ip),
      user_agent: said(agent),
    }),
  };
}

/**
 * A line of NGINX's access log as a call: the `combined` format with anything behind it, or JSON
 * whose keys are NGINX's names of its variables. A token is known only of JSON lines that hold
 * `http_authorization` or `http_x_api_key`. The address is `remote_addr`: `X-Forwarded-For` can be
 * written by anybody, and `ngx_http_realip_module` reads it where it can be trusted.
 *
 * @returns the call, or what is wrong with the line
 */
export function callOfNginx(value: unknown): ImportedCall | string {
  return typeof value === 'string' ? callOfCombined(value) : callOfJson(value);
}
