import { SignJWT, importPKCS8 } from 'jose';
import { z } from 'zod';
import type { ReceiverOf } from '../../../config/receivers.ts';
import { outcomeOf, post } from '../../http/post.ts';
import type { Answer, NoAnswer } from '../../http/post.ts';
import type { Attempt, NotifierKind, Outcome } from '../../notifier.ts';

/** CAEP 1.0: the credential that was revoked is an API token. */
const EVENT = 'https://schemas.openid.net/secevent/caep/event-type/credential-change';

/** RFC 8935, 2.3: what a receiver says of a SET that it does not take. */
const refusalSchema = z.object({ err: z.string().max(200) });

async function setOf(
  receiver: ReceiverOf<'caep'>,
  { id, notice, queuedAt }: Attempt,
): Promise<string | null> {
  const { order } = notice;
  if (order === null) return null;
  const key = await importPKCS8(receiver.signing_key.reveal(), receiver.algorithm);
  const claims = {
    sub_id: {
      format: 'complex',
      session: { format: 'opaque', id: order.tokenId === '' ? order.tokenHash : order.tokenId },
      tenant: { format: 'opaque', id: order.clientId },
    },
    events: {
      [EVENT]: {
        credential_type: 'x-api-token',
        change_type: 'revoke',
        event_timestamp: Math.floor(queuedAt / 1000),
        initiating_entity: order.approvedBy.startsWith('program:') ? 'policy' : 'admin',
        reason_admin: { en: order.reason },
        token_hash: order.tokenHash,
      },
    },
  };
  // A SET has no `sub` and no `exp` (RFC 8417, SSF 1.0); `jti` is the same on every attempt.
  return new SignJWT(claims)
    .setProtectedHeader({ alg: receiver.algorithm, typ: 'secevent+jwt', kid: receiver.key_id })
    .setIssuer(receiver.issuer)
    .setAudience(receiver.audience)
    .setJti(id)
    .setIssuedAt(Math.floor(queuedAt / 1000))
    .sign(key);
}

function refusal(answer: Answer | NoAnswer): string {
  if (answer.status !== 400 || !('body' in answer)) return '';
  try {
    const parsed = refusalSchema.safeParse(JSON.parse(answer.body));
    return parsed.success ? `: ${parsed.data.err.replace(/[^a-z_]/gi, '')}` : '';
  } catch {
    return ': answer is not JSON';
  }
}

/** A Security Event Token pushed to its receiver (RFC 8935): the credential was revoked. */
export const caep: NotifierKind<'caep'> = {
  type: 'caep',
  inPlace: false,
  spacing: 0,
  create: ({ receiver }) => ({
    async send(attempt): Promise<Outcome> {
      let set: string | null;
      try {
        set = await setOf(receiver, attempt);
      } catch {
        return { kind: 'refused', why: 'the signing key cannot be used' };
      }
      if (set === null) return { kind: 'refused', why: 'not a demand to revoke' };
      const headers = {
        'content-type': 'application/secevent+jwt',
        accept: 'application/json',
        ...(receiver.token === undefined
          ? {}
          : { authorization: `Bearer ${receiver.token.reveal()}` }),
      };
      const answer = await post(receiver, set, headers, {
        signal: attempt.signal,
        now: attempt.at,
      });
      const outcome = outcomeOf(answer, attempt.id);
      return outcome.kind === 'refused'
        ? { ...outcome, why: `${outcome.why}${refusal(answer)}` }
        : outcome;
    },
    close: async () => Promise.resolve(),
  }),
};
