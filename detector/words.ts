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

/** `1 call`, `1,204 calls`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
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
