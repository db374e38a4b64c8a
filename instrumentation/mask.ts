/** What stands where something was taken out. */
export const REDACTED = '[redacted]';

/** One cheap look that most strings do not pass: only then the patterns below are tried. */
const SUSPICIOUS = /@|%40|eyJ|\d{4}(?:[ -]?\d){9}|bearer|basic|dpop/i;
const JWT = /eyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]*){0,3}/g;
const SCHEMED = /\b(bearer|basic|dpop)(\s+|%20)[\w.~+/=-]{6,}/gi;
const MAIL = /[\w.+-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+/g;
/** Card numbers begin with 2 to 6 (ISO/IEC 7812), so that epoch times and most ids are none. */
const CARD = /(?<!\d)[2-6]\d{3}(?:[ -]?\d){9,15}(?!\d)/g;
const SECRET_PARAMETERS =
  /(^|[?&;])((?:access|id|refresh|auth|session|csrf)?[-_]?token|(?:x[-_])?api[-_]?key|key|code|(?:client[-_])?secret|passw(?:or)?d|pwd|pin|sig|signature|(?:client[-_])?assertion|session(?:[-_]?id)?|sid|jwt|auth|authorization|x-amz-(?:signature|security-token|credential))=[^&#\s]*/gi;

/** Text without tokens, mail addresses and card numbers (by Luhn's check); else unchanged. */
export function maskText(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  return text
    .replace(JWT, '[token]')
    .replace(SCHEMED, '$1 [token]')
    .replace(MAIL, '[mail]')
    .replace(CARD, (digits) => (passesLuhn(digits) ? '[card]' : digits));
}

/** A URL, target or query string whose secret-like parameters have lost their values. */
export function maskUrl(url: string): string {
  const open = url.includes('=') ? url.replace(SECRET_PARAMETERS, `$1$2=${REDACTED}`) : url;
  return maskText(withoutUserInfo(open));
}

/** `https://user:password@host` → `https://[redacted]@host`. */
function withoutUserInfo(url: string): string {
  return url.includes('://') ? url.replace(/:\/\/[^/@?#\s]+@/, `://${REDACTED}@`) : url;
}

/** Luhn's check (ISO/IEC 7812-1, annex B) over the digits of a text. */
function passesLuhn(text: string): boolean {
  let sum = 0;
  let double = false;
  for (let i = text.length - 1; i >= 0; i -= 1) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) continue;
    const value = double ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
    double = !double;
  }
  return sum % 10 === 0;
}
