import { headline } from '../../words.ts';
import { outcomeOf, post } from '../../http/post.ts';
import type { Notice, NotifierKind } from '../../notifier.ts';

/** What a template may name; each is text. */
export const TEMPLATE_NAMES = [
  ...['headline', 'title', 'explanation', 'severity', 'status', 'score', 'client', 'token', 'why'],
  ...['incident', 'link', 'reason', 'detections', 'services', 'environments', 'delivery'],
] as const;

function valuesOf(
  notice: Notice,
  delivery: string,
): Record<(typeof TEMPLATE_NAMES)[number], string> {
  const { incident } = notice;
  return {
    headline: headline(notice),
    title: incident?.title ?? headline(notice),
    explanation: incident?.explanation ?? '',
    severity: incident?.severity ?? 'medium',
    status: incident?.status ?? 'open',
    score: String(incident?.score ?? 0),
    client: incident?.clientId ?? '',
    token: incident?.tokenHash ?? '',
    why: notice.why,
    incident: incident?.id ?? notice.group,
    link: notice.link,
    reason: notice.reason,
    detections: incident?.detections.join(', ') ?? '',
    services: incident?.services.join(', ') ?? '',
    environments: incident?.environments.join(', ') ?? '',
    delivery,
  };
}

/**
 * Fills `{{name}}` inside the strings of a JSON template. Values are put in as JSON strings' insides,
 * so none of them can end a string and write JSON of its own; unknown names become empty.
 */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{\s*([a-z_]+)\s*\}\}/g, (_whole, name: string) =>
    JSON.stringify(values[name] ?? '').slice(1, -1),
  );
}

/** A webhook whose body is the user's own: Opsgenie, Teams, Mattermost and the like. */
export const template: NotifierKind<'template'> = {
  type: 'template',
  inPlace: false,
  spacing: 0,
  create: ({ receiver }) => ({
    async send({ id, notice, at, signal }) {
      const body = fill(receiver.body, valuesOf(notice, id));
      const headers = {
        'content-type': 'application/json',
        'idempotency-key': id,
        ...(receiver.authorization === undefined
          ? {}
          : { authorization: receiver.authorization.reveal() }),
      };
      return outcomeOf(await post(receiver, body, headers, { signal, now: at }), id);
    },
    close: async () => Promise.resolve(),
  }),
};
