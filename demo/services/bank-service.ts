import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Tokenwatch } from '../../instrumentation/index.ts';
import { CLIENTS } from '../clients.ts';
import type { Grant, Issuer } from '../issuer.ts';
import { OPERATIONS, ownerIndexOf } from '../operations.ts';
import type { Environment, OperationName } from '../operations.ts';

/** What a handler gets of a call that passed all checks. */
export interface BankCall {
  grant: Grant;
  /** The identifier in the path, or the account that pays. */
  object: string;
  amount: number | null;
}

export interface BankServiceOptions {
  environment: Environment;
  issuer: Issuer;
  tokenwatch: Tokenwatch;
  /** Epoch ms. */
  now: () => number;
  /** Whether the issuer has revoked a token, which is given as it came. */
  isRevoked: (token: string) => boolean;
  /** Whether tokens minted for another environment are turned away. */
  checksEnvironment: boolean;
}

export interface BankService {
  app: FastifyInstance;
  /** Serves an operation; the handler returns the answer's body. */
  serve: (name: OperationName, status: number, handler: (call: BankCall) => unknown) => void;
}

interface Body {
  account?: string;
  amount?: number;
}

/**
 * A service of the example bank: bearer tokens and API keys are checked with the issuer, scopes
 * with the grant, objects with their owners. Behind a proxy on the loopback address.
 */
export async function bankService(options: BankServiceOptions): Promise<BankService> {
  const { tokenwatch } = options;
  const app = fastify({ trustProxy: 'loopback', forceCloseConnections: true });
  await app.register(tokenwatch.fastify());
  return {
    app,
    serve(name, status, handler) {
      const { method, route, scope, objectType } = OPERATIONS[name];
      app.route<{ Params: { id?: string }; Body: Body | null }>({
        method,
        url: route,
        handler: async (request, reply) => {
          const object = request.params.id ?? request.body?.account ?? '';
          const amount = request.body?.amount ?? null;
          const owner = ownerIndexOf(object);
          const ownerId = owner === null ? undefined : CLIENTS[owner]?.id;
          tokenwatch.describe(request, { scope, objectType, object, objectOwner: ownerId });
          if (amount !== null) tokenwatch.describe(request, { amount, currency: 'EUR' });
          const grant = await authenticate(options, request, reply, scope);
          if (grant === null) return reply;
          if (ownerId === undefined) return reply.code(404).send({ error: 'not_found' });
          if (ownerId !== grant.clientId) return reply.code(403).send({ error: 'not_yours' });
          return reply.code(status).send(handler({ grant, object, amount }));
        },
      });
    },
  };
}

/** The grant behind a request, or null when it was turned away. */
async function authenticate(
  options: BankServiceOptions,
  request: FastifyRequest,
  reply: FastifyReply,
  scope: string,
): Promise<Grant | null> {
  const token = credentialOf(request);
  const verdict = await options.issuer.check(token, options.now());
  if (!verdict.ok) {
    void reply.code(401).send({ error: 'invalid_token', why: verdict.why });
    return null;
  }
  const { grant } = verdict;
  if (grant.kind === 'opaque') describeGrant(options.tokenwatch, request, grant);
  if (options.isRevoked(token)) {
    void reply.code(401).send({ error: 'invalid_token', why: 'revoked' });
    return null;
  }
  const wrongPlace = options.checksEnvironment && grant.environment !== options.environment;
  if (wrongPlace || !grant.scopes.includes(scope)) {
    void reply.code(403).send({ error: wrongPlace ? 'wrong_environment' : 'insufficient_scope' });
    return null;
  }
  return grant;
}

/** An opaque token says nothing itself; what introspection returned is told to tokenwatch. */
function describeGrant(tokenwatch: Tokenwatch, request: FastifyRequest, grant: Grant): void {
  tokenwatch.describe(request, {
    clientId: grant.clientId,
    tokenId: grant.id,
    subject: grant.subject,
    tokenEnvironment: grant.environment,
    tokenIssuedAt: grant.issuedAt,
    tokenExpiresAt: grant.expiresAt,
    grantedScopes: grant.scopes,
  });
}

function credentialOf(request: FastifyRequest): string {
  const key = request.headers['x-api-key'];
  if (typeof key === 'string') return key;
  return request.headers.authorization?.replace(/^Bearer /, '') ?? '';
}
