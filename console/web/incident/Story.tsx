import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { Incident, IncidentView, StoryLine } from '../api-types.ts';
import { useTransitions } from '../data/actions.ts';
import { useMay } from '../data/session.ts';
import { Plain } from '../ui/bits.tsx';
import { Icon } from '../ui/Icon.tsx';
import type { IconName } from '../ui/Icon.tsx';
import { Panel } from '../ui/Panel.tsx';
import { actorName, moment } from '../ui/words.ts';

const KINDS: Record<string, { icon: IconName; words: string; tone?: string }> = {
  opened: { icon: 'incidents', words: 'opened the incident' },
  finding_added: { icon: 'detections', words: 'found', tone: 'alarm' },
  member_added: { icon: 'incidents', words: 'joined an incident of' },
  joined: { icon: 'incidents', words: 'made it part of a campaign' },
  saturated: { icon: 'detections', words: 'stopped adding findings of the same kind' },
  notified: { icon: 'deliveries', words: 'told' },
  acknowledged: { icon: 'check', words: 'acknowledged it', tone: 'person' },
  assigned: { icon: 'person', words: 'assigned it to', tone: 'person' },
  commented: { icon: 'comment', words: 'wrote', tone: 'person' },
  resolved: { icon: 'shield', words: 'resolved it', tone: 'good' },
  false_positive: { icon: 'flag', words: 'called it a false positive', tone: 'good' },
  reopened: { icon: 'undo', words: 'reopened it', tone: 'person' },
  silenced: { icon: 'silences', words: 'kept it silent' },
  response_requested: { icon: 'shield', words: 'asked for revocation' },
  response_approved: { icon: 'shield', words: 'approved the revocation', tone: 'person' },
  response_refused: { icon: 'shield', words: 'refused the revocation', tone: 'person' },
  response_sent: { icon: 'deliveries', words: 'sent the revocation' },
  response_confirmed: { icon: 'shield', words: 'saw that the token is dead', tone: 'good' },
  response_failed: { icon: 'alert', words: 'could not revoke', tone: 'alarm' },
  delivery_pending: { icon: 'clock', words: 'is trying to reach' },
  delivery_sent: { icon: 'deliveries', words: 'told' },
  delivery_refused: { icon: 'alert', words: 'was refused by', tone: 'alarm' },
  delivery_dead: { icon: 'alert', words: 'gave up on', tone: 'alarm' },
};

/** A delivery says it better than the event that it was noted by. */
function isSaidTwice(line: StoryLine, told: ReadonlySet<string>): boolean {
  return line.kind === 'notified' && told.has(line.delivery_id);
}

function Line({ line }: { line: StoryLine }): ReactNode {
  const { icon, words, tone } = KINDS[line.kind] ?? { icon: 'dots' as const, words: line.kind };
  const quoted = ['commented', 'resolved', 'false_positive', 'reopened', 'finding_added'];
  const isQuote = quoted.includes(line.kind);
  const text = line.kind === 'assigned' ? actorName(line.text) || 'nobody' : line.text;
  return (
    <li className="tw-line" data-tone={tone ?? 'plain'}>
      <span className="tw-line-icon">
        <Icon name={icon} size={14} />
      </span>
      <div>
        <span className="tw-line-words">
          <b>
            <Plain>{actorName(line.actor).replace(/^program:/, '')}</Plain>
          </b>{' '}
          {words} {!isQuote && text !== '' && <Plain>{text}</Plain>}
        </span>
        {isQuote && line.text !== '' && (
          <p className="tw-quote">
            <Plain>{line.text}</Plain>
          </p>
        )}
        <time dateTime={line.at}>{moment(line.at)}</time>
      </div>
    </li>
  );
}

function CommentForm({ incident }: { incident: Incident }): ReactNode {
  const [text, setText] = useState('');
  const { mutate, isPending } = useTransitions();
  const send = (): void => {
    if (text.trim() === '') return;
    mutate(
      { incidents: [incident], transition: { action: 'comment', text: text.trim() } },
      { onSuccess: () => setText('') },
    );
  };
  return (
    <form
      className="tw-comment"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Textarea
        aria-label="Comment"
        placeholder="Add a comment"
        autosize
        minRows={1}
        maxRows={8}
        maxLength={4000}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
        }}
      />
      <Button type="submit" size="xs" loading={isPending} disabled={text.trim() === ''}>
        Comment
      </Button>
    </form>
  );
}

/** What happened, in order: findings, what people were told, what was decided. */
export function Story({ view }: { view: IncidentView }): ReactNode {
  const may = useMay('responder');
  const told = new Set(view.deliveries.map(({ id }) => id));
  const lines = view.story.filter((line) => !isSaidTwice(line, told));
  return (
    <Panel title="Story">
      <ol className="tw-story">
        {lines.map((line) => (
          <Line key={line.id} line={line} />
        ))}
      </ol>
      {may && <CommentForm incident={view.incident} />}
    </Panel>
  );
}
