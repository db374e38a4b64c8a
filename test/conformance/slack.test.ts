import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNotifier } from '../../alerting/registry.ts';
import type { Attempt, Notice, Outcome } from '../../alerting/notifier.ts';
import { digestOf, tellable } from '../../alerting/routing/notice.ts';
import { receiverSchema } from '../../config/receivers.ts';
import { createStandIns } from '../../demo/stand-ins/stand-ins.ts';
import type { StandIns } from '../../demo/stand-ins/stand-ins.ts';
import { correlate } from '../../model/correlate.ts';
import { fold, foldOnto } from '../../model/incident.ts';
import type { Incident } from '../../model/incident.ts';
import { MORNING, findingOf } from '../support/finding.ts';
import { noticeOf } from '../support/notice.ts';

/** Ten thousand characters of everything that could break a message. */
const HOSTILE = '<!channel> & `*_~ 😀 \u202e "} ] <https://evil.example|click> \n'.repeat(170);
const options = { reopenWithin: 1, falsePositiveFor: 1 };

let ours: StandIns;
let theirs: StandIns;

async function send(
  standIns: StandIns,
  notice: Notice,
  change: Partial<Attempt> = {},
  token = standIns.slack.token,
): Promise<Outcome> {
  const receiver = receiverSchema.parse({
    ...{ type: 'slack', channel: standIns.slack.channel, token },
    api_url: standIns.slack.apiUrl,
  });
  return createNotifier('soc', receiver, true).send({
    ...{ id: 'dlv_1', notice, thread: '', number: 1, uncertain: false },
    ...{ at: MORNING, queuedAt: MORNING, signal: AbortSignal.timeout(5_000) },
    ...change,
  });
}

/** Every text of the blocks in which Slack reads markup; it reads none in plain text. */
function markup(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  const { type, text } = part as { type?: string; text?: unknown };
  return type === 'mrkdwn' ? [String(text)] : Object.values(part).flatMap(markup);
}

function hostileIncident(): Incident {
  const evidence = { seen: HOSTILE, usual: HOSTILE, unit: HOSTILE, facts: { x: HOSTILE } };
  let incident: Incident | null = null;
  for (let n = 0; n < 12; n += 1) {
    const finding = findingOf({
      ...{ id: String(n), detection: `${HOSTILE}${String(n)}`, title: HOSTILE, bits: 30 + n },
      ...{ explanation: HOSTILE, clientId: HOSTILE, service: `${String(n)}${HOSTILE}` },
      ...{ environment: `${String(n)}${HOSTILE}`, evidence },
    });
    const events = correlate(incident, finding, options);
    incident = incident === null ? fold(events) : foldOnto(incident, events);
  }
  if (incident === null) throw new Error('there is an incident');
  return { ...incident, response: 'requested', responseNote: HOSTILE, assignee: HOSTILE };
}

beforeAll(async () => {
  [ours, theirs] = await Promise.all([createStandIns(), createStandIns()]);
});

afterAll(async () => {
  await ours.stop();
  await theirs.stop();
});

describe('Slack, as strict as its API reference', () => {
  it('takes every kind of message however long and hostile its words are', async () => {
    const incident = hostileIncident();
    const { detections, services, environments } = incident;
    const member = { member: 'm', tokenHash: incident.tokenHash, clientId: HOSTILE };
    const members = Array.from({ length: 30 }, () => ({
      ...{ ...member, severity: 'high' as const, score: 1, detections, services, environments },
    }));
    const brief = {
      id: 'b',
      title: HOSTILE,
      severity: 'high' as const,
      score: 1,
      clientId: HOSTILE,
      version: 1,
    };
    const routes = Array.from({ length: 20 }, () => ({ route: HOSTILE, callsPerDay: 1 }));
    const blast = {
      callsPerDay: 1e9,
      routes,
      services: [HOSTILE],
      otherLiveTokens: 0,
      tokenId: HOSTILE,
    };
    const told = tellable(incident);
    const common = { why: HOSTILE, incident: told, news: incident.findings, blast };
    const notices: Notice[] = [
      noticeOf(common),
      noticeOf({ ...common, others: Array.from({ length: 10 }, () => brief), otherCount: 900 }),
      noticeOf({
        ...common,
        incident: tellable({ ...incident, members, campaignOf: { kind: 'client', key: HOSTILE } }),
      }),
      digestOf(
        new Map(members.map((_member, n) => [String(n), { ...incident, id: String(n) }])),
        'digest',
        '',
      ),
    ];
    for (const [index, notice] of notices.entries()) {
      const first = await send(ours, notice, { id: `hostile-${String(index)}` });
      expect(first).toMatchObject({ kind: 'sent' });
      const thread = first.kind === 'sent' ? first.ref : '';
      const change = { ...notice, reason: 'update' as const };
      expect(await send(ours, change, { id: `change-${String(index)}`, thread })).toMatchObject({
        kind: 'sent',
      });
    }
    const said = ours.slack.messages
      .map(({ blocks, text }) => [text, ...markup(blocks)].join(' '))
      .join(' ');
    // Nobody is called, and no link leads anywhere but to us.
    expect(said).not.toContain('<!channel>');
    expect(said).not.toContain('<https://evil');
    expect(said).not.toMatch(/&(?!amp;|lt;|gt;)/);
    // Why, who and the buttons are there whatever else had to be cut.
    const [message] = ours.slack.messages;
    const buttons = message?.blocks.flatMap((block) =>
      block.type === 'actions' ? block.elements : [],
    );
    expect(buttons?.map((button) => button.action_id)).toEqual([
      ...['open', 'acknowledge', 'false_positive', 'resolve', 'silence', 'revoke', 'stop'],
    ]);
    expect(JSON.stringify(buttons)).toContain('The client has no other live token.');
  });

  it('several workspaces each get their own, with their own token', async () => {
    const notice = noticeOf({ why: 'to both' });
    const before = theirs.slack.messages.length;
    expect((await send(ours, notice, { id: 'both' })).kind).toBe('sent');
    expect((await send(theirs, notice, { id: 'both' })).kind).toBe('sent');
    expect(theirs.slack.messages).toHaveLength(before + 1);
    expect(await send(theirs, notice, {}, ours.slack.token)).toEqual({
      ...{ kind: 'refused', why: 'Slack: invalid_auth' },
    });
  });

  it('a message that somebody deleted is told anew', async () => {
    const thread = `${ours.slack.channel}:1.000000`;
    const count = ours.slack.messages.length;
    expect((await send(ours, noticeOf({ reason: 'update' }), { id: 'again', thread })).kind).toBe(
      'sent',
    );
    expect(ours.slack.messages).toHaveLength(count + 1);
  });
});
