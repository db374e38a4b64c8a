import { Badge, Text, Tooltip } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { IncidentStatus, Severity } from '../api-types.ts';
import { STATUS_WORDS, age, moment, shortHash } from './words.ts';

/** Severity in colour and word; colour alone would not reach everyone. */
export function SeverityBadge({ severity }: { severity: Severity }): ReactNode {
  return (
    <span className="tw-severity" data-severity={severity}>
      {severity}
    </span>
  );
}

/** Risk, 0 to 100, as a number over a short meter. */
export function Score({ score, severity }: { score: number; severity: Severity }): ReactNode {
  const shown = Math.round(score);
  return (
    <span className="tw-score" data-severity={severity} title={`Risk ${String(shown)} of 100`}>
      <span className="tw-score-number">{shown}</span>
      <svg width="34" height="4" aria-hidden="true">
        <rect width="34" height="4" rx="2" className="tw-score-rest" />
        <rect width={Math.max(2, (34 * shown) / 100)} height="4" rx="2" className="tw-score-part" />
      </svg>
    </span>
  );
}

export function StatusBadge({ status }: { status: IncidentStatus }): ReactNode {
  return (
    <Badge className="tw-status" data-status={status} variant="light" radius="sm" tt="none">
      {STATUS_WORDS[status]}
    </Badge>
  );
}

/** The first letters of a token's hash, set so that it reads as one thing. */
export function Hash({ hash }: { hash: string }): ReactNode {
  if (hash === '') return null;
  return (
    <Text component="code" className="tw-hash" title={hash}>
      {shortHash(hash)}
    </Text>
  );
}

/** Text from outside: whatever it holds is shown as text, isolated so that it cannot turn the line around. */
export function Plain({ children }: { children: string }): ReactNode {
  return <bdi>{children}</bdi>;
}

/** How long ago, kept up to date; the exact time on hover. */
export function Age({ at }: { at: string }): ReactNode {
  const [now, setNow] = useState(() => Date.now());
  useInterval(() => setNow(Date.now()), 10_000, { autoInvoke: true });
  return (
    <Tooltip label={moment(at)} openDelay={300}>
      <time dateTime={at} className="tw-age">
        {age(at, now)}
      </time>
    </Tooltip>
  );
}
