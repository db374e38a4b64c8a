import { z } from 'zod';
import { parseCredential } from '../../model/credential.ts';

/** What stands in access logs where there is no value, or where it was taken out. */
const ABSENT = new Set(['', '-', 'REDACTED']);

/** A value of an access log, or undefined where the log says that there is none. */
export function said(value: string | undefined | null): string | undefined {
  return value === undefined || value === null || ABSENT.has(value) ? undefined : value;
}

/** A text of an access log; `-` and what was redacted are read as absent. */
export const textOrAbsent = z
  .string()
  .nullish()
  .transform((value) => said(value));

/** An HTTP status written as number or text; `-` is absent. */
export const statusOrAbsent = z
  .union([
    z.number().int().min(0).max(999),
    z.literal('-').transform(() => undefined),
    z
      .string()
      .regex(/^\d{1,3}$/)
      .transform(Number),
  ])
  .nullish()
  .transform((value) => value ?? undefined);

/**
 * The header that carries a request's credential, as it stands; {@link parseCredential} reads it
 * when it is hashed. A header in which nothing stands for a credential is passed over.
 *
 * @param headers by name, in any case
 */
export function tokenOf(headers: readonly (readonly [string, string])[]): string | undefined {
  const named = new Map(headers.map(([key, value]) => [key.toLowerCase(), value]));
  return [named.get('authorization'), named.get('x-api-key')]
    .map(said)
    .find((value) => value !== undefined && parseCredential(value) !== null);
}

/** A request line, `GET /accounts HTTP/1.1`, or null where it is none. */
export function requestLineOf(line: string): { method: string; target: string } | null {
  const found = /^([A-Z]{1,20}) (\S+)(?: HTTP\/\d(?:\.\d)?)?$/.exec(line);
  return found === null ? null : { method: found[1] ?? '', target: found[2] ?? '' };
}

/** What is wrong with a record, by key and expectation; values are never quoted. */
export function problemOf(error: z.ZodError, otherwise: string): string {
  const [issue] = error.issues;
  const key = issue?.path.join('.') ?? '';
  return key === '' ? otherwise : `${key}: ${issue?.message ?? otherwise}`;
}

/** Only what is there: a call's keys are absent, never undefined. */
export function present<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}
