import { outcomeOf, post } from '../../http/post.ts';
import { signedHeaders } from '../../http/standard-webhook.ts';
import type { NotifierKind } from '../../notifier.ts';

/**
 * Demands a revocation of the issuer: a signed Standard Webhook that names the token by its keyed
 * hash and its public id, since the raw token is never held. The answer 2xx says that it was taken;
 * that it worked is seen by watching the token's calls.
 */
export const revocation: NotifierKind<'revocation'> = {
  type: 'revocation',
  inPlace: false,
  spacing: 0,
  create: ({ receiver }) => ({
    async send({ id, notice, at, queuedAt, signal }) {
      const { order } = notice;
      if (order === null) return { kind: 'refused', why: 'not a demand to revoke' };
      const body = JSON.stringify({
        type: 'token.revocation_requested',
        timestamp: new Date(queuedAt).toISOString(),
        data: {
          token_hash: order.tokenHash,
          token_id: order.tokenId,
          client: order.clientId,
          reason: order.reason,
          incident: order.incidentId,
          requested_by: order.requestedBy,
          approved_by: order.approvedBy,
          link: notice.link,
        },
      });
      const headers = signedHeaders(receiver.secrets, id, at, body);
      return outcomeOf(await post(receiver, body, headers, { signal, now: at }), id);
    },
    close: async () => Promise.resolve(),
  }),
};
