import type { FastifyInstance } from 'fastify';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { z } from 'zod';

/** A revocation that the issuer has taken. */
export interface TakenRevocation {
  id: string;
  at: number;
  tokenHash: string;
  tokenId: string;
  client: string;
  reason: string;
  incident: string;
  approvedBy: string;
  /** How often the same demand came: more than once after a lost answer. */
  times: number;
}

export interface IssuerStandIn {
  revocations: TakenRevocation[];
  /** Demands whose signature or content was wrong. */
  refused: number;
  register(app: FastifyInstance): void;
}

const MAX_REVOCATIONS = 500;

const demandSchema = z.object({
  type: z.literal('token.revocation_requested'),
  data: z.object({
    token_hash: z.string().regex(/^[0-9a-f]{64}$/),
    token_id: z.string(),
    client: z.string(),
    reason: z.string(),
    incident: z.string(),
    approved_by: z.string(),
  }),
});

/** The token issuer's side of the signed webhook: verifies it, and revokes once for each id. */
export function createIssuerStandIn(options: {
  secret: string;
  now: () => number;
  changed: () => void;
}): IssuerStandIn {
  const webhook = new Webhook(options.secret);
  const standIn: IssuerStandIn = {
    revocations: [],
    refused: 0,
    register(app) {
      app.post('/issuer/revocations', async (request, reply) => {
        const raw = (request.body as { raw?: string }).raw ?? '';
        let verified: unknown;
        try {
          verified = webhook.verify(raw, request.headers as Record<string, string>);
        } catch (error) {
          if (!(error instanceof WebhookVerificationError)) throw error;
          standIn.refused += 1;
          return reply.code(401).send({ error: 'the signature does not fit' });
        }
        const demand = demandSchema.safeParse(verified);
        if (!demand.success) {
          standIn.refused += 1;
          return reply.code(422).send({ error: 'not a demand to revoke' });
        }
        take(String(request.headers['webhook-id']), demand.data.data);
        return reply.code(202).send({ ok: true });
      });
      app.get('/issuer/revoked', async () => ({
        tokens: standIn.revocations.map((revocation) => revocation.tokenHash),
      }));
    },
  };
  const take = (id: string, data: z.infer<typeof demandSchema>['data']): void => {
    const known = standIn.revocations.find((revocation) => revocation.id === id);
    if (known !== undefined) known.times += 1;
    else {
      standIn.revocations.push({
        ...{ id, at: options.now(), tokenHash: data.token_hash, tokenId: data.token_id },
        ...{ client: data.client, reason: data.reason, incident: data.incident },
        ...{ approvedBy: data.approved_by, times: 1 },
      });
      if (standIn.revocations.length > MAX_REVOCATIONS) standIn.revocations.shift();
    }
    options.changed();
  };
  return standIn;
}
