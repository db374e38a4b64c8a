import { isIPv6 } from 'node:net';

/** Kinds of values that must not be stored, as they are counted and shown. */
export type MaskKind = 'card' | 'token' | 'mail' | 'ip' | 'key';

export interface MaskedText {
  text: string;
  /** What was found in it; empty for nearly every value. */
  masked: readonly MaskKind[];
}

/** `id`: an identifier, which may be long and random by right; `text`: anything else. */
export type TextKind = 'id' | 'text';

const NOTHING: readonly MaskKind[] = [];

/** A first look that lets nearly all values pass at once: any digit run, `@`, `ey`, `::` or long word. */
const SUSPICIOUS =
  /\d[\d -]{11,}|\d\.\d{1,3}\.\d|@|:[0-9a-f]{0,4}:|eyJ|-----BEGIN|[A-Za-z0-9+/_=-]{16,}|bearer|basic|secret|sk[-_]/i;

const JWT = /eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?/g;
const PRIVATE_KEY = /-----BEGIN[^-]*-----[\s\S]*?(?:-----END[^-]*-----|$)/g;
const MAIL = /[^\s@<>"'()[\],;:=/]+(?:@|%40)[^\s@<>"'()[\],;:=/%]+\.[A-Za-z]{2,}/g;
const DIGITS = /(?<![\d.])\d(?:[ -]?\d){12,18}(?!\d)/g;
const IPV4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d]|\.\d)/g;
const IPV6 = /(?<![0-9A-Za-z:.])[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?![0-9A-Za-z:])/g;
/** Schemes with a credential behind them, and prefixes that issuers give their secrets. */
const PREFIXED = new RegExp(
  [
    String.raw`\b(?:bearer|basic|dpop)[ :=]+[A-Za-z0-9_\-.+/=~]{6,}`,
    String.raw`\b(?:sk|rk|pk|sess)[-_](?:live|test|prod|proj)?[-_]?[A-Za-z0-9_-]{16,}`,
    String.raw`\b(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|shpat_|whsec_|AIza|ya29\.|hvs\.|npm_|dop_v1_)[A-Za-z0-9_\-.]{10,}`,
    String.raw`\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b`,
    String.raw`\b(?:password|passwd|secret|api[-_]?key|access[-_]?token)["']?[=:]\s*\S{6,}`,
  ].join('|'),
  'gi',
);
const WORDS = /[A-Za-z0-9+/_=~]{20,}/g;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Luhn's check over the digits of a text (ISO/IEC 7812-1). */
export function passesLuhn(text: string): boolean {
  let sum = 0;
  let double = false;
  let digits = 0;
  for (let index = text.length - 1; index >= 0; index--) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) continue;
    digits++;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
    double = !double;
  }
  return digits >= 13 && digits <= 19 && sum % 10 === 0;
}

/** Version numbers of browsers look like addresses; of those only `126.0.0.0` is known for sure. */
function isAddress(text: string): boolean {
  const parts = text.split('.').map(Number);
  return parts.every((part) => part <= 255) && !parts.slice(1).every((part) => part === 0);
}

/** A word that is random rather than written: long, with digits among letters of both cases. */
function looksRandom(word: string, kind: TextKind): boolean {
  const digits = word.replace(/\D/g, '').length;
  if (digits < 2 || !/[A-Za-z]/.test(word)) return false;
  const mixed = /[a-z]/.test(word) && /[A-Z]/.test(word);
  // Client and key identifiers are often 20 to 40 hex digits or a nanoid; secrets are longer.
  if (kind === 'id') return word.length > 40 || (mixed && word.length >= 32);
  // Written names hold few digits: `accountsTransferHistoryV2` is no token.
  return digits >= 4 || (mixed && digits >= 3);
}

type Applies = (match: string, kind: TextKind) => boolean;

/** What is looked for, in this order: what is masked early is not looked at again. */
const PATTERNS: readonly (readonly [MaskKind, RegExp, Applies?])[] = [
  ['key', PRIVATE_KEY],
  ['token', JWT],
  ['key', PREFIXED],
  ['mail', MAIL],
  ['card', DIGITS, passesLuhn],
  ['ip', IPV4, isAddress],
  ['ip', IPV6, (match) => isIPv6(match) && match !== '::'],
  ['token', WORDS, looksRandom],
];

/**
 * Replaces what looks like a card number (Luhn), token, key, mail or IP address inside a value by
 * its kind in brackets.
 *
 * @param label what tells one masked identifier from another (a keyed hash); without it, or in
 *   plain text, all look the same
 */
export function maskText(
  text: string,
  kind: TextKind = 'text',
  label?: (match: string) => string,
): MaskedText {
  if (!SUSPICIOUS.test(text) || UUID.test(text)) return { text, masked: NOTHING };
  const found = new Set<MaskKind>();
  let masked = text;
  for (const [what, pattern, applies] of PATTERNS) {
    masked = masked.replace(pattern, (match) => {
      if (applies?.(match, kind) === false) return match;
      found.add(what);
      return label === undefined ? `[${what}]` : `[${what}:${label(match)}]`;
    });
  }
  if (found.size === 0) return { text, masked: NOTHING };
  return { text: masked, masked: [...found] };
}
