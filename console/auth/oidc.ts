import * as client from 'openid-client';
import type { OidcConfig } from '../../config/console.ts';
import { claimOf, personOf, roleOf, textsOf } from './oidc-claims.ts';
import type { Claims } from './oidc-claims.ts';
import { FLOW_LIFETIME } from './oidc-flow.ts';
import type { Flow } from './oidc-flow.ts';
import type { Role } from './roles.ts';

/** Where the provider sends people back to. */
export const CALLBACK_PATH = '/api/v1/session/oidc/callback';
/** How long the provider may take to answer, seconds. */
const TIMEOUT = 10;
/** How long the provider's description of itself is believed, ms. */
const BELIEVED_FOR = 3_600_000;

export interface OidcOptions {
  config: OidcConfig;
  /** How people reach the console. */
  url: string;
  newId: () => string;
}

/** Who came back, or why they are not let in: each word is one that the sign-in page explains. */
export type OidcOutcome =
  | { ok: true; person: string; role: Role; subject: string; amr: string[] }
  | { ok: false; why: 'failed' | 'no-role' | 'no-mfa' | 'no-name'; cause?: unknown };

/** Signing in at an OpenID provider. */
export interface Oidc {
  /** Where to send somebody, and what must come back. Rejects when the provider does not answer. */
  begin: (at: number) => Promise<{ address: URL; flow: Flow }>;
  /** @param search the query of the address that the provider sent somebody back to, with `?` */
  finish: (search: string, flow: Flow, at: number) => Promise<OidcOutcome>;
}

/** Claims of the ID token, with the user info's where the role or the name is only there. */
async function allClaims(
  provider: client.Configuration,
  tokens: client.TokenEndpointResponse,
  own: client.IDToken,
  config: OidcConfig,
): Promise<Claims> {
  const needed = [config.role_claim, config.person_claim];
  const complete = needed.every((name) => claimOf(own, name) !== undefined);
  if (complete || provider.serverMetadata().userinfo_endpoint === undefined) return own;
  const more = await client.fetchUserInfo(provider, tokens.access_token, own.sub);
  return { ...more, ...own };
}

function judge(claims: Claims, own: client.IDToken, config: OidcConfig): OidcOutcome {
  // How somebody signed in is believed from the signed token alone.
  const amr = textsOf(own['amr']);
  const { required_amr: required } = config;
  if (required.length > 0 && !required.some((method) => amr.includes(method))) {
    return { ok: false, why: 'no-mfa' };
  }
  const role = roleOf(claimOf(claims, config.role_claim), config.roles);
  if (role === null) return { ok: false, why: 'no-role' };
  const person = personOf(claims, config.person_claim);
  if (person === null) return { ok: false, why: 'no-name' };
  return { ok: true, person, role, subject: own.sub, amr };
}

function discover(config: OidcConfig): Promise<client.Configuration> {
  const issuer = new URL(config.issuer);
  const secret = config.client_secret.reveal();
  const execute = [client.enableNonRepudiationChecks];
  // The configuration allows plain HTTP on the loopback address only.
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to stand out, not to go away
  if (issuer.protocol === 'http:') execute.push(client.allowInsecureRequests);
  const options = { timeout: TIMEOUT, execute };
  return client.discovery(issuer, config.client_id, secret, undefined, options);
}

/** The provider is asked what it offers when the first person signs in, and each hour again. */
export function createOidc({ config, url, newId }: OidcOptions): Oidc {
  const redirect = `${url.replace(/\/$/, '')}${CALLBACK_PATH}`;
  let known: { provider: Promise<client.Configuration>; at: number } | null = null;

  async function providerAt(at: number): Promise<client.Configuration> {
    if (known !== null && at - known.at < BELIEVED_FOR) return known.provider;
    const asking = { provider: discover(config), at };
    known = asking;
    try {
      return await asking.provider;
    } catch (error) {
      if (known === asking) known = null;
      throw error;
    }
  }

  return {
    async begin(at) {
      const provider = await providerAt(at);
      // Two ids: a verifier has at least 43 characters (RFC 7636).
      const verifier = `${newId()}${newId()}`;
      const flow = { state: newId(), nonce: newId(), verifier, until: at + FLOW_LIFETIME };
      const address = client.buildAuthorizationUrl(provider, {
        redirect_uri: redirect,
        scope: config.scopes.join(' '),
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state: flow.state,
        nonce: flow.nonce,
      });
      return { address, flow };
    },
    async finish(search, flow, at) {
      try {
        const provider = await providerAt(at);
        const tokens = await client.authorizationCodeGrant(provider, new URL(redirect + search), {
          expectedState: flow.state,
          expectedNonce: flow.nonce,
          pkceCodeVerifier: flow.verifier,
          idTokenExpected: true,
        });
        const own = tokens.claims();
        if (own === undefined) return { ok: false, why: 'failed' };
        return judge(await allClaims(provider, tokens, own, config), own, config);
      } catch (cause) {
        // A wrong state, nonce, code or signature, and a provider that is down, all end here.
        return { ok: false, why: 'failed', cause };
      }
    },
  };
}
