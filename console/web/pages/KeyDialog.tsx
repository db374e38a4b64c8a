import { Alert, Button, CopyButton, Group, Modal, NativeSelect, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { api, bodyOf } from '../data/api.ts';
import { queryClient } from '../data/queries.ts';
import type { Role } from '../data/session.ts';

const DAY = 86_400_000;

const ROLES: { value: Role; label: string }[] = [
  { value: 'viewer', label: 'Viewer: reads' },
  { value: 'responder', label: 'Responder: decides on incidents' },
  { value: 'admin', label: 'Admin: runs the place' },
];

const LENGTHS = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'a year' },
  { value: '0', label: 'until it is revoked' },
];

interface Wanted {
  name: string;
  role: Role;
  days: number;
}

function useCreate() {
  return useMutation({
    mutationFn: async ({ name, role, days }: Wanted) => {
      const end = days === 0 ? {} : { expires_at: new Date(Date.now() + days * DAY).toISOString() };
      return bodyOf(api.POST('/api/v1/keys', { body: { name, role, ...end } }));
    },
    onSuccess: async () => queryClient.invalidateQueries({ queryKey: ['keys'] }),
    // The key must not stay in memory once its dialog is gone.
    gcTime: 0,
  });
}

function Made({ apiKey, close }: { apiKey: string; close: () => void }): ReactNode {
  return (
    <>
      <Alert color="green" variant="light" role="status">
        Copy the key now: it is not kept and cannot be shown again.
      </Alert>
      <TextInput label="Key" readOnly value={apiKey} mt="sm" ff="monospace" />
      <Group justify="flex-end" mt="md">
        <CopyButton value={apiKey}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        <Button onClick={close}>Done</Button>
      </Group>
    </>
  );
}

interface RoleProps {
  role: Role;
  setRole: (role: Role) => void;
}

function RoleSelect({ role, setRole }: RoleProps): ReactNode {
  return (
    <NativeSelect
      label="Role"
      mt="sm"
      value={role}
      data={ROLES}
      onChange={(event) => {
        const chosen = ROLES.find(({ value }) => value === event.currentTarget.value);
        if (chosen !== undefined) setRole(chosen.value);
      }}
    />
  );
}

function Form({ close }: { close: () => void }): ReactNode {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [days, setDays] = useState('90');
  const { mutate, isPending, data, error } = useCreate();
  if (data !== undefined) return <Made apiKey={data.key} close={close} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        mutate({ name: name.trim(), role, days: Number(days) });
      }}
    >
      <TextInput
        label="Name"
        description="Histories and the audit name the program by it."
        required
        maxLength={64}
        autoComplete="off"
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <RoleSelect role={role} setRole={setRole} />
      <NativeSelect
        label="Works for"
        mt="sm"
        value={days}
        data={LENGTHS}
        onChange={(event) => setDays(event.currentTarget.value)}
      />
      {error !== null && (
        <Alert color="red" variant="light" role="alert" mt="sm">
          {error.message}
        </Alert>
      )}
      <Group justify="flex-end" mt="md">
        <Button variant="subtle" color="gray" onClick={close}>
          Cancel
        </Button>
        <Button type="submit" loading={isPending} disabled={name.trim() === ''}>
          Make the key
        </Button>
      </Group>
    </form>
  );
}

/** A new API key, shown once. */
export function KeyDialog({ opened, close }: { opened: boolean; close: () => void }): ReactNode {
  return (
    <Modal opened={opened} onClose={close} title="New API key" closeOnClickOutside={false}>
      <Form close={close} />
    </Modal>
  );
}
