import type { Attributes } from '@opentelemetry/api';
import { TW } from '../model/attributes.ts';
import { hashToken } from '../model/hash.ts';
import { readJwtClaims } from '../model/jwt-claims.ts';
import type { TokenClaims } from '../model/jwt-claims.ts';
import { addDetails } from './call-details.ts';
import type { Credential } from './credential.ts';
import type { Settings } from './options.ts';

/** Adds the credential's keyed hash; nothing without a pepper. */
export function addTokenHash(settings: Settings, credential: Credential, into: Attributes): void {
  if (settings.pepper !== null) into[TW.tokenHash] = hashToken(settings.pepper, credential.raw);
}

/**
 * Adds what the credential says about itself: a JWT's claims, the user of HTTP Basic. Of a rejected
 * credential nothing is added, since anyone can write anyone's name into a token.
 */
export function addClaims(settings: Settings, credential: Credential, into: Attributes): void {
  if (settings.pepper === null) return;
  const claims = readJwtClaims(credential.raw, settings.environmentClaims);
  if (claims !== null) addJwtClaims(settings, claims, into);
  else if (credential.basicUser !== '') {
    addDetails(settings, { clientId: credential.basicUser }, into);
  }
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
}
