/** How numbers and names are put into explanations. */

const NUMBER = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const SMALL = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 });
const REGIONS = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });

/** `1,204`; small numbers keep two digits. */
export function count(value: number): string {
  return Math.abs(value) < 10 && !Number.isInteger(value)
    ? SMALL.format(value)
    : NUMBER.format(value);
}

/** `Germany (DE)`, or the code itself where no name is known. */
export function country(code: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return code;
  const name = REGIONS.of(code);
  return name === undefined || name === code ? code : `${name} (${code})`;
}

/** `a, b and 3 others`. */
export function list(names: readonly string[], most = 4): string {
  if (names.length === 0) return 'nothing';
  const shown = names.slice(0, most);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(', ')} and ${count(rest)} ${rest === 1 ? 'other' : 'others'}`;
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}

/** ` in production`, after the name of a service; nothing where the environment is not known. */
export function inEnvironment(environment: string): string {
  return environment === '' ? '' : ` in ${environment}`;
}

/** `1 call`, `1,204 calls`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `33%`, of a share from 0 to 1, to two digits. */
export function percent(share: number): string {
  return `${count(Number((100 * share).toPrecision(2)))}%`;
}

/** `1 in 4,000`, for a probability given in bits. */
export function odds(bits: number): string {
  if (bits > 60) return 'less than once in 10^18';
  return `about 1 in ${NUMBER.format(Number(Math.pow(2, bits).toPrecision(2)))}`;
}

/** Spans of time in words: `1 min`, `24 h`. */
export function minutes(value: number): string {
  return value < 60 ? `${String(value)} min` : `${String(value / 60)} h`;
}

/** A length of time in its largest unit: `40 s`, `12 min`, `3 h`, `45 days`. */
export function span(ms: number): string {
  const units = [
    [86_400_000 * 2, 86_400_000, 'days'],
    [3_600_000, 3_600_000, 'h'],
    [60_000, 60_000, 'min'],
    [0, 1_000, 's'],
  ] as const;
  const [, size, name] = units.find(([from]) => ms >= from) ?? units[3];
  return `${count(Math.round(ms / size))} ${name}`;
}

/** A moment: `2026-11-23 10:30:05 UTC`. */
export function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
