import type { Attributes } from '@opentelemetry/api';
import { TW } from '../model/attributes.ts';
import type { Credential } from '../model/credential.ts';
import { hashToken } from '../model/hash.ts';
import { readJwtClaims } from '../model/jwt-claims.ts';
import type { TokenClaims } from '../model/jwt-claims.ts';
import { addDetails } from './call-details.ts';
import type { Settings } from './options.ts';

/** Claims kept of so many tokens, by hash; the oldest make room. */
const MAX_KNOWN = 2_000;

/** Adds the credential's keyed hash, while peppers rotate both; nothing without a pepper. */
export function addTokenHash(settings: Settings, credential: Credential, into: Attributes): void {
  const { pepper, previousPepper } = settings;
  if (pepper === null) return;
  into[TW.tokenHash] = hashToken(pepper, credential.raw);
  if (previousPepper !== null) {
    into[TW.tokenPreviousHash] = hashToken(previousPepper, credential.raw);
  }
}

/**
 * Adds what the credential, whose hash is in `into` already, says about itself: a JWT's claims, the
 * user of HTTP Basic. Not to be called for rejected ones: anyone can write any name into a token.
 */
export function addClaims(settings: Settings, credential: Credential, into: Attributes): void {
  const hash = into[TW.tokenHash];
  if (typeof hash !== 'string') return;
  const { knownClaims } = settings;
  let claims = knownClaims.get(hash);
  if (claims === undefined) {
    claims = claimsOf(settings, credential);
    if (knownClaims.size >= MAX_KNOWN) {
      const oldest = knownClaims.keys().next();
      if (oldest.done !== true) knownClaims.delete(oldest.value);
    }
    knownClaims.set(hash, claims);
  }
  Object.assign(into, claims);
}

function claimsOf(settings: Settings, credential: Credential): Attributes {
  const attributes: Attributes = {};
  const claims = readJwtClaims(credential.raw, settings.environmentClaims);
  if (claims !== null) addJwtClaims(settings, claims, attributes);
  else if (credential.basicUser !== '') {
    addDetails(settings, { clientId: credential.basicUser }, attributes);
  }
  return attributes;
}

function addJwtClaims(settings: Settings, claims: TokenClaims, into: Attributes): void {
  addDetails(
    settings,
    {
      tokenId: claims.tokenId,
      clientId: claims.clientId,
      subject: claims.subject,
      tokenEnvironment: claims.environment,
      tokenIssuedAt: claims.issuedAt === 0 ? undefined : claims.issuedAt,
      tokenExpiresAt: claims.expiresAt === 0 ? undefined : claims.expiresAt,
      grantedScopes: claims.scopes,
      authMethods: claims.methods,
    },
    into,
  );
  if (claims.certificateSha256 !== '') into[TW.tokenCertificateSha256] = claims.certificateSha256;
}
