/** More requests than this at once, and the oldest are no longer searched for; a memory bound. */
const MAX_REQUESTS = 10_000;
/** Shorter credentials would match ordinary words. */
const MIN_LENGTH = 8;

const credentials = new Map<string, string>();

/** Remembers a request's raw credential, by trace, so that no span of that trace can carry it out. */
export function remember(traceId: string, raw: string): void {
  if (raw.length < MIN_LENGTH) return;
  if (credentials.size >= MAX_REQUESTS) {
    const oldest = credentials.keys().next();
    if (oldest.done !== true) credentials.delete(oldest.value);
  }
  credentials.set(traceId, raw);
}

/** The raw credential of a trace's request in flight. */
export function rememberedCredential(traceId: string): string | undefined {
  return credentials.get(traceId);
}

/** Forgets it, once the request's span has ended. */
export function forget(traceId: string): void {
  credentials.delete(traceId);
}
