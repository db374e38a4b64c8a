import { outcomeOf, post } from '../../http/post.ts';
import { signedHeaders } from '../../http/standard-webhook.ts';
import type { Notice, NotifierKind } from '../../notifier.ts';
import { ocsfBody } from './ocsf.ts';

/** A digest is no finding: it goes out in our own form whatever the option says. */
function bodyOf(notice: Notice, form: 'ocsf' | 'plain', at: number): string {
  if (form === 'ocsf' && notice.incident !== null) {
    return JSON.stringify(ocsfBody(notice, notice.incident, at));
  }
  const { reason, why, incident, others, otherCount, link, news } = notice;
  const type = incident === null ? 'incidents.digest' : `incident.${reason}`;
  return JSON.stringify({
    type,
    timestamp: new Date(at).toISOString(),
    data: { why, incident, others, otherCount, link, news },
  });
}

/** A signed Standard Webhook with an OCSF body, or our own JSON. */
export const webhook: NotifierKind<'webhook'> = {
  type: 'webhook',
  inPlace: true,
  spacing: 0,
  create: ({ receiver }) => ({
    async send({ id, notice, at, queuedAt, signal }) {
      // The same bytes on every attempt: the time inside is that of the decision to tell.
      const body = bodyOf(notice, receiver.body, queuedAt);
      const headers = signedHeaders(receiver.secrets, id, at, body);
      return outcomeOf(await post(receiver, body, headers, { signal, now: at }), id);
    },
    close: async () => Promise.resolve(),
  }),
};
