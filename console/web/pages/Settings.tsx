import { Button, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import type { ApiKey } from '../api-types.ts';
import { api, bodyOf } from '../data/api.ts';
import { placeQueries } from '../data/profile-queries.ts';
import { queryClient } from '../data/queries.ts';
import { useMay } from '../data/session.ts';
import { Plain } from '../ui/bits.tsx';
import { DataTable } from '../ui/DataTable.tsx';
import { Loaded, Page } from '../ui/Page.tsx';
import { Empty, Failed } from '../ui/states.tsx';
import { toast } from '../ui/toasts.ts';
import { actorName, moment } from '../ui/words.ts';
import { KeyDialog } from './KeyDialog.tsx';

const TONES: Record<ApiKey['state'], string> = { active: 'good', expired: 'plain', revoked: 'bad' };

function useRevoke() {
  return useMutation({
    mutationFn: async (id: string) =>
      bodyOf(api.DELETE('/api/v1/keys/{id}', { params: { path: { id } } })),
    onSuccess: async ({ name }) => {
      toast({ tone: 'done', text: `The key ${name} is revoked` });
      await queryClient.invalidateQueries({ queryKey: ['keys'] });
    },
    onError: (error) => toast({ tone: 'failed', text: error.message }),
  });
}

/** Revoking cannot be undone: the button asks once more. */
function Revoke({ name, revoke }: { name: string; revoke: () => void }): ReactNode {
  const [asked, setAsked] = useState(false);
  return (
    <Button
      size="compact-xs"
      variant={asked ? 'filled' : 'default'}
      {...(asked ? { color: 'red' } : {})}
      aria-label={asked ? `Really revoke ${name}` : `Revoke ${name}`}
      onBlur={() => setAsked(false)}
      onClick={() => (asked ? revoke() : setAsked(true))}
    >
      {asked ? 'Really revoke' : 'Revoke'}
    </Button>
  );
}

function Row({ apiKey, revoke }: { apiKey: ApiKey; revoke: (id: string) => void }): ReactNode {
  const { id, name, role, state } = apiKey;
  return (
    <Table.Tr>
      <Table.Td>
        <span className="tw-state" data-tone={TONES[state]}>
          {state}
        </span>
      </Table.Td>
      <Table.Td>
        <Plain>{name}</Plain>
      </Table.Td>
      <Table.Td>{role}</Table.Td>
      <Table.Td>
        <Plain>{actorName(apiKey.created_by)}</Plain>
      </Table.Td>
      <Table.Td className="tw-nowrap">{moment(apiKey.created_at)}</Table.Td>
      <Table.Td className="tw-nowrap">
        {apiKey.expires_at === '' ? 'never' : moment(apiKey.expires_at)}
      </Table.Td>
      <Table.Td>{state === 'active' && <Revoke name={name} revoke={() => revoke(id)} />}</Table.Td>
    </Table.Tr>
  );
}

function Keys(): ReactNode {
  const query = useQuery(placeQueries.keys());
  const [open, dialog] = useDisclosure(false);
  const { mutate } = useRevoke();
  return (
    <Page title="API keys" aside={<Button onClick={dialog.open}>New key</Button>}>
      <Loaded query={query}>
        {({ keys }) =>
          keys.length === 0 ? (
            <Empty
              icon="settings"
              title="No program has a key"
              detail="A key lets a program use the API with a role of its own, and can be revoked by itself."
            />
          ) : (
            <div className="tw-table-card">
              <DataTable
                label="API keys"
                columns={['State', 'Name', 'Role', 'Made by', 'Made', 'Expires', '']}
                minWidth={760}
              >
                {keys.map((key) => (
                  <Row key={key.id} apiKey={key} revoke={mutate} />
                ))}
              </DataTable>
            </div>
          )
        }
      </Loaded>
      <KeyDialog opened={open} close={dialog.close} />
    </Page>
  );
}

/** Who may use the API; for admins. */
export default function Settings(): ReactNode {
  return useMay('admin') ? (
    <Keys />
  ) : (
    <Failed title="This page is for admins" detail="Ask one of them for a key." />
  );
}
