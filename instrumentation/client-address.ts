const NOT_PUBLIC = new RegExp(
  [
    String.raw`^(?:::ffff:)?(?:0|10|127)\.`,
    String.raw`^(?:::ffff:)?192\.168\.`,
    String.raw`^(?:::ffff:)?169\.254\.`,
    String.raw`^(?:::ffff:)?172\.(?:1[6-9]|2\d|3[01])\.`,
    String.raw`^(?:::ffff:)?100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.`,
    String.raw`^::1?$`,
    String.raw`^f[cd][0-9a-f]{2}:`,
    String.raw`^fe[89ab][0-9a-f]:`,
  ].join('|'),
  'i',
);

/**
 * The caller's address, as far as the service itself can tell.
 *
 * Stock HTTP instrumentation takes the leftmost `X-Forwarded-For`, which any caller can write. The
 * framework knows which proxies are trusted, so its word counts, when it has one: an address other
 * than the peer's came through a trusted proxy, and a public peer is the caller. A private peer
 * without trusted proxies is a proxy nobody told the framework about: then nothing is overridden.
 *
 * @param seen the framework's view (`request.ip`)
 * @param peer the socket's remote address
 */
export function clientAddress(seen: string | undefined, peer: string | undefined): string | null {
  if (seen === undefined || seen === '') return null;
  if (seen !== peer || !NOT_PUBLIC.test(seen)) return seen;
  return null;
}
