import { z } from 'zod';

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `5m`, `4h`, `1d`, `1h30m`, or a bare number of seconds, as milliseconds; null if neither. */
export function parseDuration(text: string | number): number | null {
  if (typeof text === 'number') return text >= 0 ? text * 1_000 : null;
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return null;
  let sum = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g)) {
    sum += Number(count) * (UNITS[unit ?? ''] ?? 0);
  }
  return sum;
}

/** The schema of a duration; its value is in milliseconds. */
export function duration() {
  return z.union([z.string(), z.number()]).transform((value, context) => {
    const parsed = parseDuration(value);
    if (parsed !== null) return parsed;
    context.addIssue({ code: 'custom', message: 'expected a duration such as 30s, 5m, 4h or 1d' });
    return z.NEVER;
  });
}
