/**
 * The client's address as trusted proxies report it. Each of the `hops` proxies in front of the
 * service appended the address that it saw, so the client stands that many places from the right;
 * what stands before it was written by the client and is not believed.
 *
 * @param entries addresses from the header, left to right
 * @returns null when there are fewer entries than proxies: the request came around them
 */
export function trustedEntry(entries: readonly string[], hops: number): string | null {
  return entries.length < hops ? null : (entries[entries.length - hops] ?? null);
}

/** The entries of X-Forwarded-For, of which a request may have several headers. */
export function forwardedForEntries(headers: readonly string[]): string[] {
  return headers
    .flatMap((header) => header.split(','))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

/** The `for` parameters of Forwarded (RFC 7239); an element without one counts as an unknown hop. */
export function forwardedEntries(headers: readonly string[]): string[] {
  return headers
    .flatMap((header) => header.split(','))
    .map((element) => /(?:^|;)\s*for=("[^"]*"|[^;]*)/i.exec(element.trim())?.[1]?.trim() ?? '')
    .map((entry) => entry.replace(/^"|"$/g, ''));
}

/** The `proto` parameters of Forwarded (RFC 7239), where at least one element has one. */
export function forwardedProtos(headers: readonly string[]): string[] {
  const protos = headers
    .flatMap((header) => header.split(','))
    .map((element) => /(?:^|;)\s*proto="?([a-z]+)/i.exec(element.trim())?.[1] ?? '');
  return protos.some((proto) => proto !== '') ? protos : [];
}

/**
 * The scheme in which the client came, as the outermost trusted proxy saw it. Many proxies set
 * X-Forwarded-Proto instead of appending to it: with fewer entries than proxies the first counts.
 */
export function trustedProto(protos: readonly string[], hops: number): string {
  return (protos[Math.max(0, protos.length - hops)] ?? '').toLowerCase();
}
