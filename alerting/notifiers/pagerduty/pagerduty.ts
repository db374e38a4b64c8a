import type { Severity } from '../../../model/severity.ts';
import { outcomeOf, post } from '../../http/post.ts';
import type { Notice, NotifierKind } from '../../notifier.ts';
import { cut, headline } from '../../words.ts';

/** PagerDuty knows four words of its own (Events API v2). */
const SEVERITY: Record<Severity, string> = {
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'critical',
};

function actionOf(notice: Notice): 'trigger' | 'acknowledge' | 'resolve' {
  const { incident } = notice;
  if (incident === null) return 'trigger';
  if (incident.closedAt !== 0) return 'resolve';
  return incident.status === 'acknowledged' ? 'acknowledge' : 'trigger';
}

/** An event of the Events API v2; the group is its `dedup_key`, so repeats alert nobody twice. */
export function eventOf(notice: Notice, routingKey: string, queuedAt: number): object {
  const { incident } = notice;
  return {
    routing_key: routingKey,
    event_action: actionOf(notice),
    dedup_key: cut(incident?.id ?? notice.group, 255),
    ...(notice.link === '' ? {} : { links: [{ href: notice.link, text: 'Open in tokenwatch' }] }),
    payload: {
      summary: cut(headline(notice), 1_024),
      source: incident?.services[0] ?? 'tokenwatch',
      severity: SEVERITY[incident?.severity ?? 'medium'],
      timestamp: new Date(incident?.firstCallAt || queuedAt).toISOString(),
      component: incident?.clientId ?? '',
      group: incident?.environments[0] ?? '',
      class: incident?.detections[0] ?? 'digest',
      custom_details: {
        explanation: incident?.explanation ?? '',
        why: notice.why,
        score: incident?.score ?? 0,
        token_hash: incident?.tokenHash ?? '',
        detections: incident?.detections ?? [],
        others: notice.others,
      },
    },
  };
}

/** PagerDuty by its Events API v2. */
export const pagerduty: NotifierKind<'pagerduty'> = {
  type: 'pagerduty',
  inPlace: true,
  spacing: 0,
  create: ({ receiver }) => ({
    async send({ notice, at, queuedAt, signal }) {
      const body = JSON.stringify(eventOf(notice, receiver.routing_key.reveal(), queuedAt));
      const url = new URL('/v2/enqueue', receiver.api_url).href;
      const endpoint = { url, allow_private_network: receiver.allow_private_network };
      const headers = { 'content-type': 'application/json' };
      const answer = await post(endpoint, body, headers, { signal, now: at });
      return outcomeOf(answer, notice.incident?.id ?? notice.group);
    },
    close: async () => Promise.resolve(),
  }),
};
