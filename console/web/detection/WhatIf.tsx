import { Button, Progress, Table } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { WhatIfIncident, WhatIfResult, WhatIf as Question } from '../api-types.ts';
import { api, bodyOf } from '../data/api.ts';
import { queries, queryClient } from '../data/queries.ts';
import { Plain, SeverityBadge } from '../ui/bits.tsx';
import { DataTable } from '../ui/DataTable.tsx';
import { toast } from '../ui/toasts.ts';
import { STATUS_WORDS, moment, number, shortHash } from '../ui/words.ts';

function aboutOf({ name, client, token_hash: hash }: WhatIfIncident): string {
  if (name !== '') return name;
  return hash === '' ? client : `${client} ${shortHash(hash)}`;
}

function Row({ incident, words }: { incident: WhatIfIncident; words: string }): ReactNode {
  return (
    <Table.Tr data-change={words}>
      <Table.Td>
        <span className="tw-state" data-tone={words === 'gained' ? 'warn' : 'plain'}>
          {words}
        </span>
      </Table.Td>
      <Table.Td>
        <SeverityBadge severity={incident.severity} />
      </Table.Td>
      <Table.Td className="tw-wrap">
        {incident.incident_id === '' ? (
          <Plain>{incident.title}</Plain>
        ) : (
          <Link href={`/incidents/${incident.incident_id}`} className="tw-link">
            <Plain>{incident.title}</Plain>
          </Link>
        )}
        <div className="tw-dimmed">
          <Plain>{incident.explanation}</Plain>
        </div>
      </Table.Td>
      <Table.Td>
        <Plain>{aboutOf(incident)}</Plain>
      </Table.Td>
      <Table.Td className="tw-nowrap">{moment(incident.opened_at)}</Table.Td>
      <Table.Td className="tw-nowrap">
        {incident.status === '' ? '–' : STATUS_WORDS[incident.status]}
      </Table.Td>
    </Table.Tr>
  );
}

/** How many of the lost had turned out real, and how many false: what a change is judged by. */
function lostWords({ lost }: WhatIfResult): string {
  const wrong = lost.filter(({ status }) => status === 'false_positive').length;
  const real = lost.filter(({ status }) => status === 'resolved').length;
  if (wrong + real === 0) return '';
  return `of those lost, ${number(wrong)} had been called false and ${number(real)} real`;
}

function Figure({ value, words, tone }: { value: number; words: string; tone: string }): ReactNode {
  return (
    <div className="tw-figure" data-tone={tone}>
      <span className="tw-figure-value">{number(value)}</span> {words}
    </div>
  );
}

function Result({ result }: { result: WhatIfResult }): ReactNode {
  const { gained, lost } = result;
  const words = lostWords(result);
  return (
    <>
      <div className="tw-figures" role="group" aria-label="What it would have changed">
        <Figure value={result.gained_total} words="gained" tone="warn" />
        <Figure value={result.lost_total} words="lost" tone="plain" />
        <Figure value={result.kept} words="stay" tone="good" />
      </div>
      <p className="tw-dimmed">
        {number(result.before)} incidents as it is, {number(result.after)} with the change, from{' '}
        {moment(result.from)} to {moment(result.to)}
        {result.changed > 0 && `; ${number(result.changed)} with another severity`}
        {words !== '' && `; ${words}`}.
      </p>
      {gained.length + lost.length > 0 && (
        <DataTable
          label="Incidents gained and lost"
          columns={['', 'Severity', 'Incident', 'On', 'Opened', 'In truth']}
          minWidth={720}
          maxHeight={420}
        >
          {gained.map((incident, n) => (
            <Row key={`g${String(n)}`} incident={incident} words="gained" />
          ))}
          {lost.map((incident, n) => (
            <Row key={`l${String(n)}`} incident={incident} words="lost" />
          ))}
        </DataTable>
      )}
    </>
  );
}

function Waiting({ question }: { question: Question }): ReactNode {
  const { mutate, isPending } = useMutation({
    mutationFn: async () =>
      bodyOf(api.DELETE('/api/v1/what-if/{id}', { params: { path: { id: question.id } } })),
    onSuccess: async () => queryClient.invalidateQueries({ queryKey: ['what-if', question.id] }),
    onError: (error) => toast({ tone: 'failed', text: error.message }),
  });
  return (
    <div className="tw-waiting">
      <div className="tw-waiting-words" role="status">
        {question.state === 'waiting'
          ? 'Waiting for the detector'
          : `Replaying the past twice: ${String(Math.round(question.share * 100))} %`}
      </div>
      <Progress value={Math.max(2, question.share * 100)} aria-label="Progress" animated />
      <Button
        size="compact-sm"
        variant="subtle"
        color="gray"
        loading={isPending}
        onClick={() => mutate()}
      >
        Cancel
      </Button>
    </div>
  );
}

/** A question, until it is answered; then what would have been gained and lost. */
export function WhatIf({ id }: { id: string }): ReactNode {
  const { data, error } = useQuery(queries.whatIf(id));
  if (error !== null && data === undefined) return <p role="alert">{error.message}</p>;
  if (data === undefined) return null;
  const over: Partial<Record<Question['state'], string>> = {
    failed: data.reason,
    cancelled: 'Cancelled.',
  };
  return (
    <section className="tw-what-if" aria-label="What if">
      {data.state === 'waiting' || data.state === 'running' ? (
        <Waiting question={data} />
      ) : data.result === null ? (
        <p role="alert">{over[data.state] ?? 'There is no answer.'}</p>
      ) : (
        <Result result={data.result} />
      )}
    </section>
  );
}
