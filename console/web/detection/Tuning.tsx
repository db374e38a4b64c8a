import { Button, Group, NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { Detection, DetectionSetting } from '../api-types.ts';
import { api, bodyOf } from '../data/api.ts';
import { queries, queryClient } from '../data/queries.ts';
import { useMay } from '../data/session.ts';
import { Plain } from '../ui/bits.tsx';
import { Panel } from '../ui/Panel.tsx';
import { toast } from '../ui/toasts.ts';
import { actorName, moment, number } from '../ui/words.ts';
import { WhatIf } from './WhatIf.tsx';

type Numbers = Record<string, number>;

function fail(error: Error): void {
  toast({ tone: 'failed', text: error.message });
}

/** What differs from the declared. */
function changesOf(declared: Numbers, given: Numbers): Numbers {
  return Object.fromEntries(
    Object.entries(given).filter(([name, value]) => declared[name] !== value),
  );
}

function useAsk(detection: string, asked: (id: string) => void) {
  return useMutation({
    mutationFn: async ({ parameters, days }: { parameters: Numbers; days: number }) =>
      bodyOf(api.POST('/api/v1/what-if', { body: { detection, parameters, days } })),
    onSuccess: ({ id }) => asked(id),
    onError: fail,
  });
}

function useSave(detection: string) {
  return useMutation({
    mutationFn: async ({ parameters, reason }: { parameters: Numbers; reason: string }) =>
      bodyOf(
        api.PUT('/api/v1/detections/{id}/parameters', {
          params: { path: { id: detection } },
          body: { parameters, reason },
        }),
      ),
    onSuccess: async () => {
      toast({ tone: 'done', text: 'Saved: the detector takes it up within seconds' });
      await queryClient.invalidateQueries({ queryKey: ['detections'] });
    },
    onError: fail,
  });
}

/** `minutes_at_least` as people read it. */
function nameOf(parameter: string): string {
  return parameter.replaceAll('_', ' ');
}

interface FieldsProps {
  declared: Numbers;
  given: Numbers;
  change: (name: string, value: number) => void;
}

function Fields({ declared, given, change }: FieldsProps): ReactNode {
  return (
    <div className="tw-parameters">
      {Object.entries(declared).map(([name, value]) => (
        <NumberInput
          key={name}
          label={nameOf(name)}
          description={`declared: ${number(value)}`}
          value={given[name] ?? value}
          min={Math.min(0, value)}
          max={Math.max(1, Math.abs(value)) * 100}
          onChange={(next) => {
            if (typeof next === 'number') change(name, next);
          }}
        />
      ))}
    </div>
  );
}

function Save({ detection, parameters }: { detection: string; parameters: Numbers }): ReactNode {
  const [reason, setReason] = useState('');
  const { mutate, isPending } = useSave(detection);
  if (!useMay('admin')) return <p className="tw-dimmed">An admin can save parameters.</p>;
  return (
    <form
      className="tw-save"
      onSubmit={(event) => {
        event.preventDefault();
        mutate({ parameters, reason });
      }}
    >
      <TextInput
        label="Why (kept in the audit)"
        value={reason}
        maxLength={2000}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Button type="submit" loading={isPending}>
        Save
      </Button>
    </form>
  );
}

function SetBy({ setting }: { setting: DetectionSetting }): ReactNode {
  return (
    <p className="tw-dimmed">
      Set by <Plain>{actorName(setting.set_by)}</Plain> on {moment(setting.set_at)}
      {setting.reason !== '' && (
        <>
          : <Plain>{setting.reason}</Plain>
        </>
      )}
    </p>
  );
}

interface TryProps {
  isChanged: boolean;
  busy: boolean;
  ask: (days: number) => void;
  reset: () => void;
}

const DAYS = [1, 3, 7, 14].map((n) => ({
  value: String(n),
  label: n === 1 ? 'day' : `${String(n)} days`,
}));

function Try({ isChanged, busy, ask, reset }: TryProps): ReactNode {
  const [days, setDays] = useState('7');
  return (
    <Group gap="sm" align="end" mt="md">
      <NativeSelect
        label="Try on the last"
        value={days}
        onChange={(event) => setDays(event.currentTarget.value)}
        data={DAYS}
      />
      <Button
        variant="light"
        disabled={!isChanged}
        loading={busy}
        onClick={() => ask(Number(days))}
      >
        What if?
      </Button>
      <Button variant="subtle" color="gray" onClick={reset}>
        As declared
      </Button>
    </Group>
  );
}

interface FormProps {
  detection: Detection;
  setting: DetectionSetting | undefined;
}

function Form({ detection, setting }: FormProps): ReactNode {
  const { id, parameters: declared } = detection;
  const current: Numbers = { ...declared, ...setting?.parameters };
  const [given, setGiven] = useState<Numbers>(current);
  const [question, setQuestion] = useState<string | null>(null);
  const ask = useAsk(id, setQuestion);
  const may = useMay('responder');
  const isChanged = Object.entries(given).some(([name, value]) => current[name] !== value);
  const change = (name: string, value: number): void => {
    setGiven((before) => ({ ...before, [name]: value }));
    setQuestion(null);
  };
  return (
    <>
      <Fields declared={declared} given={given} change={change} />
      {setting !== undefined && Object.keys(setting.parameters).length > 0 && (
        <SetBy setting={setting} />
      )}
      {may && (
        <Try
          isChanged={isChanged}
          busy={ask.isPending}
          ask={(days) => ask.mutate({ parameters: given, days })}
          reset={() => {
            setGiven(declared);
            setQuestion(null);
          }}
        />
      )}
      {question !== null && <WhatIf id={question} />}
      {isChanged && <Save detection={id} parameters={changesOf(declared, given)} />}
    </>
  );
}

/** A detection's parameters: changed, tried on the past, and only then saved. */
export function Tuning({ detection }: { detection: Detection }): ReactNode {
  const { data } = useQuery(queries.settings());
  const setting = data?.settings.find((one) => one.detection === detection.id);
  if (Object.keys(detection.parameters).length === 0) {
    return (
      <Panel title="Parameters">
        <p className="tw-dimmed">It has none: what it looks for is certain or not there.</p>
      </Panel>
    );
  }
  return (
    <Panel title="Parameters">
      {data !== undefined && (
        <Form key={setting?.set_at ?? ''} detection={detection} setting={setting} />
      )}
    </Panel>
  );
}
