import { sameSecret } from './secrets.ts';

/** How long a printed link works, ms. */
const LIFETIME = 24 * 3_600_000;

/** A way in that works once: its code is printed at the start, in the fragment of a link. */
export interface LoginLink {
  /** The path to print behind the console's address; what follows `#` never leaves the browser's address bar. */
  path: string;
  /** True the first time that the right code is given in time. */
  redeem: (code: string, at: number) => boolean;
}

/**
 * @param code at least 128 random bits
 * @param issuedAt epoch ms
 */
export function loginLink(code: string, issuedAt: number): LoginLink {
  let used = false;
  return {
    path: `/login#${code}`,
    redeem: (given, at) => {
      if (used || at - issuedAt > LIFETIME || !sameSecret(given, code)) return false;
      used = true;
      return true;
    },
  };
}
