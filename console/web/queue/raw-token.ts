/** A hash in full, or the start of one or of an incident's id: what may stand in an address. */
const HASH = /^[0-9a-f]{1,20}$|^[0-9a-f]{64}$/i;
/** Schemes before a credential, JSON Web Tokens, and prefixes by which vendors mark theirs. */
const MARKED =
  /^(bearer|basic|token|apikey|dpop)\s+\S|^ey[\w-]{6,}\.|^(sk|pk|rk|ghp|gho|xox[abp]|tok|key|pat)[-_]\w{8,}/i;
/** One long word that mixes letters and digits, as keys do and names of clients rarely. */
const LONG = /^(?=.*\d)(?=.*[a-z])[\w\-.~+/=:]{24,}$/i;

/**
 * True when text may be a raw token: it must then not become part of an address. Too careful rather
 * than too bold; what is none is searched for as words by hand.
 */
export function mayBeToken(text: string): boolean {
  const given = text.trim();
  return !HASH.test(given) && (MARKED.test(given) || LONG.test(given));
}
