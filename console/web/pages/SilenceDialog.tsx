import { Button, Group, Modal, NativeSelect, SimpleGrid, TextInput, Textarea } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { api, bodyOf } from '../data/api.ts';
import { queryClient } from '../data/queries.ts';
import { Plain, SeverityBadge } from '../ui/bits.tsx';
import { toast } from '../ui/toasts.ts';

const FIELDS = ['client', 'detection', 'service', 'environment', 'token'] as const;

type Field = (typeof FIELDS)[number];
type Match = Partial<Record<Field, string>>;

const HOUR = 3_600_000;
const LENGTHS: { value: string; label: string }[] = [
  { value: '1', label: '1 hour' },
  { value: '4', label: '4 hours' },
  { value: '24', label: '1 day' },
  { value: '168', label: '1 week' },
  { value: '720', label: '30 days' },
];

function fromAddress(search: string): Match {
  const params = new URLSearchParams(search);
  return Object.fromEntries(
    FIELDS.map((field) => [field, params.get(field) ?? '']).filter(([, value]) => value !== ''),
  ) as Match;
}

function isEmpty(match: Match): boolean {
  return Object.keys(match).length === 0;
}

/** What would have been kept quiet, as the fields are filled in. */
function Preview({ match }: { match: Match }): ReactNode {
  const [settled] = useDebouncedValue(match, 250);
  const { data, error } = useQuery({
    queryKey: ['silence-preview', settled],
    queryFn: async () => bodyOf(api.POST('/api/v1/silences/preview', { body: { match: settled } })),
    enabled: !isEmpty(settled),
    placeholderData: (before) => before,
  });
  if (isEmpty(match)) return <p className="tw-dimmed">Name at least one thing.</p>;
  if (error !== null) return <p className="tw-dimmed">{error.message}</p>;
  if (data === undefined) return <p className="tw-dimmed">Looking …</p>;
  return (
    <div className="tw-preview" aria-live="polite">
      <p>
        Would have kept quiet <b>{data.matched}</b> of {data.of} incidents of the last 7 days
      </p>
      <ul className="tw-history">
        {data.examples.slice(0, 5).map((incident) => (
          <li key={incident.id}>
            <span className="tw-history-title">
              <Plain>{incident.title}</Plain>
            </span>
            <span className="tw-history-marks">
              <SeverityBadge severity={incident.severity} />
              <span className="tw-dimmed">
                <Plain>{incident.client}</Plain>
              </span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function useCreate(close: () => void) {
  return useMutation({
    mutationFn: async ({
      match,
      comment,
      hours,
    }: {
      match: Match;
      comment: string;
      hours: number;
    }) =>
      bodyOf(
        api.POST('/api/v1/silences', {
          body: { match, comment, ends_at: new Date(Date.now() + hours * HOUR).toISOString() },
        }),
      ),
    onSuccess: async () => {
      close();
      toast({ tone: 'done', text: 'Silenced' });
      await queryClient.invalidateQueries({ queryKey: ['silences'] });
    },
    onError: (error) => toast({ tone: 'failed', text: error.message }),
  });
}

interface MatchProps {
  match: Match;
  set: (field: Field, value: string) => void;
}

function MatchFields({ match, set }: MatchProps): ReactNode {
  return FIELDS.map((field) => (
    <TextInput
      key={field}
      label={`${field.charAt(0).toUpperCase()}${field.slice(1)}`}
      placeholder={field === 'token' ? 'hash' : '* stands for anything'}
      defaultValue={match[field] ?? ''}
      onChange={(event) => set(field, event.currentTarget.value)}
    />
  ));
}

interface FormProps {
  close: () => void;
  search: string;
}

function Form({ close, search }: FormProps): ReactNode {
  const [match, setMatch] = useState<Match>(() => fromAddress(search));
  const [comment, setComment] = useState('');
  const [hours, setHours] = useState('4');
  const { mutate, isPending } = useCreate(close);
  const set = (field: Field, value: string): void => {
    const { [field]: _old, ...rest } = match;
    setMatch(value.trim() === '' ? rest : { ...rest, [field]: value.trim() });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        mutate({ match, comment, hours: Number(hours) });
      }}
    >
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <MatchFields match={match} set={set} />
        <NativeSelect
          label="For"
          value={hours}
          onChange={(event) => setHours(event.currentTarget.value)}
          data={LENGTHS}
        />
      </SimpleGrid>
      <Textarea
        label="Why"
        required
        rows={2}
        maxLength={2000}
        mt="sm"
        onChange={(event) => setComment(event.currentTarget.value)}
      />
      <Preview match={match} />
      <Group justify="flex-end" mt="md">
        <Button variant="subtle" color="gray" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={isPending} disabled={isEmpty(match)}>
          Silence
        </Button>
      </Group>
    </form>
  );
}

interface Props extends FormProps {
  opened: boolean;
}

/** A new silence, with what it would have hidden. */
export function SilenceDialog({ opened, close, search }: Props): ReactNode {
  return (
    <Modal opened={opened} onClose={close} title="New silence" size="lg">
      <Form close={close} search={search} />
    </Modal>
  );
}
