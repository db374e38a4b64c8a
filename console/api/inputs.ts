import { z } from 'zod';

/** A comma-separated list in a query (`status=open,acknowledged`). */
export function listOf<T extends z.ZodType<unknown, string>>(element: T) {
  return z.preprocess(
    (given) => (typeof given === 'string' ? given.split(',') : given),
    z.array(element).min(1).max(100),
  );
}

/** `limit` and `offset` of a list, in rows. */
export function pageQuery(usual: number) {
  return {
    limit: z.coerce.number<string>().int().min(1).max(500).default(usual),
    offset: z.coerce.number<string>().int().min(0).max(1_000_000).default(0),
  };
}

/** An object without the keys whose value is undefined. */
export function withoutUndefined<T extends object>(
  given: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const defined = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** A token's hash, as addresses carry it. */
export const hashText = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');

/** An instant in a query, ISO 8601; epoch ms once parsed. */
export const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
