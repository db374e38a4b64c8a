/** Request headers in which clients state, and often sign, when they made the request; best first. */
export const TIMESTAMP_HEADERS = [
  'x-request-timestamp',
  'x-signature-timestamp',
  'x-timestamp',
  'webhook-timestamp',
  'x-amz-date',
  'signature-input',
] as const;

/** Latest second that ClickHouse's DateTime holds. */
const MAX_SECONDS = 0xffff_ffff;
/** A number below is seconds, then ms, µs; beyond it is ns. As seconds, the first is the year 5138. */
const UNITS = [
  [1e11, 1],
  [1e14, 1e3],
  [1e17, 1e6],
  [1e20, 1e9],
] as const;

const BASIC = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

function secondsOf(number: number): number {
  const [, per] = UNITS.find(([below]) => number < below) ?? [0, Number.POSITIVE_INFINITY];
  return number / per;
}

/**
 * The moment that a request states: Unix time in any unit, ISO 8601 (also without dashes, as AWS
 * signs it), an HTTP date, or `created` of HTTP Message Signatures (RFC 9421).
 *
 * @returns whole Unix seconds; 0 for what is no moment
 */
export function statedSeconds(text: string): number {
  if (text.length > 1000) return 0;
  const plain = text.trim();
  const created = /;\s*created=(\d{1,12})\b/.exec(plain)?.[1] ?? plain;
  const isNumber = /^\d{1,19}(?:\.\d+)?$/.test(created);
  const iso = created.replace(BASIC, '$1-$2-$3T$4:$5:$6Z');
  const isDate = /^\d{4}-\d\d-\d\dT|GMT$/.test(iso);
  const seconds = isNumber ? secondsOf(Number(created)) : isDate ? Date.parse(iso) / 1000 : 0;
  return seconds >= 1 && seconds <= MAX_SECONDS ? Math.floor(seconds) : 0;
}
