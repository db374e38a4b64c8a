import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync } from 'node:crypto';
import { Provider } from 'oidc-provider';

export const CLIENT = { id: 'tokenwatch', secret: 'a client secret for tests only' };

/** Who is at the provider's keyboard. */
export interface Visitor {
  id: string;
  claims: Record<string, unknown>;
  amr: string[];
}

/** A real OpenID provider on the loopback address. */
export interface TestProvider {
  issuer: string;
  /** Whoever signs in next; a test may change it. */
  visitor: Visitor;
  /** Goes through the provider's pages as a browser would; the address that it leads back to. */
  browse(address: string): Promise<string>;
  close(): Promise<void>;
}

interface Context {
  oidc: {
    client: { clientId: string };
    session: { accountId: string };
    provider: Provider;
  };
}

function configuration(redirect: string, test: { visitor: Visitor }): Record<string, unknown> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirect] }],
    claims: { openid: ['sub', 'amr'], email: ['email', 'email_verified'], groups: ['groups'] },
    pkce: { required: () => true },
    cookies: { keys: ['cookies of tests'] },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: () => '/sign-in' },
    findAccount: (_context: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, ...test.visitor.claims }),
    }),
    loadExistingGrant: async ({ oidc }: Context) => {
      const of = { clientId: oidc.client.clientId, accountId: oidc.session.accountId };
      const grant = new oidc.provider.Grant(of);
      grant.addOIDCScope('openid email groups');
      await grant.save();
      return grant;
    },
  };
}

/** Follows redirections with a jar of cookies until they leave the provider. */
async function follow(issuer: string, address: string): Promise<string> {
  const jar = new Map<string, string>();
  let at = address;
  for (let step = 0; step < 10; step++) {
    if (!at.startsWith(issuer)) return at;
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ');
    const answer = await fetch(at, { redirect: 'manual', headers: { cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      jar.set(name, value);
    }
    const to = answer.headers.get('location');
    if (to === null) throw new Error(`the provider stays: ${await answer.text()}`);
    at = new URL(to, at).href;
  }
  throw new Error('the provider leads in circles');
}

/** @param redirect the only address that the provider sends people back to */
export async function openTestProvider(redirect: string): Promise<TestProvider> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const test: TestProvider = {
    issuer,
    visitor: { id: 'ada', claims: {}, amr: [] },
    browse: async (address) => follow(issuer, address),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  const provider = new Provider(issuer, configuration(redirect, test));
  const callback = provider.callback();
  server.on('request', (request, response) => {
    if (request.url !== '/sign-in') {
      callback(request, response);
      return;
    }
    const { id, amr } = test.visitor;
    void provider.interactionFinished(request, response, { login: { accountId: id, amr } });
  });
  return test;
}
