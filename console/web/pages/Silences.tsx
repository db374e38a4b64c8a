import { Button, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useSearch } from 'wouter';
import type { Silence } from '../api-types.ts';
import { api, bodyOf } from '../data/api.ts';
import { placeQueries } from '../data/profile-queries.ts';
import { queryClient } from '../data/queries.ts';
import { useMay } from '../data/session.ts';
import { Plain } from '../ui/bits.tsx';
import { DataTable } from '../ui/DataTable.tsx';
import { Loaded, Page } from '../ui/Page.tsx';
import { Empty } from '../ui/states.tsx';
import { toast } from '../ui/toasts.ts';
import { actorName, moment } from '../ui/words.ts';
import { SilenceDialog } from './SilenceDialog.tsx';

function useEnd() {
  return useMutation({
    mutationFn: async (id: string) =>
      bodyOf(api.DELETE('/api/v1/silences/{id}', { params: { path: { id } } })),
    onSuccess: async () => {
      toast({ tone: 'done', text: 'The silence has ended' });
      await queryClient.invalidateQueries({ queryKey: ['silences'] });
    },
    onError: (error) => toast({ tone: 'failed', text: error.message }),
  });
}

function wordsOf(match: Silence['match']): string {
  return Object.entries(match)
    .map(([key, value]) => `${key.replace('_', ' ')} ${String(value)}`)
    .join(', ');
}

function Row({ silence, end }: { silence: Silence; end: ((id: string) => void) | null }) {
  const over = Date.parse(silence.ends_at) <= Date.now();
  const state = silence.active ? 'active' : over ? 'over' : 'to come';
  return (
    <Table.Tr>
      <Table.Td>
        <span className="tw-state" data-tone={silence.active ? 'warn' : 'plain'}>
          {state}
        </span>
      </Table.Td>
      <Table.Td className="tw-wrap">
        <Plain>{wordsOf(silence.match)}</Plain>
      </Table.Td>
      <Table.Td className="tw-wrap">
        <Plain>{silence.comment}</Plain>
      </Table.Td>
      <Table.Td>
        <Plain>{actorName(silence.owner)}</Plain>
      </Table.Td>
      <Table.Td className="tw-nowrap">{moment(silence.ends_at)}</Table.Td>
      <Table.Td>
        {end !== null && !over && (
          <Button size="compact-xs" variant="default" onClick={() => end(silence.id)}>
            End now
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

/** What is kept quiet, by whom, why and until when. */
export default function Silences(): ReactNode {
  const query = useQuery(placeQueries.silences());
  const may = useMay('responder');
  const search = useSearch();
  const [open, dialog] = useDisclosure(search !== '');
  const { mutate } = useEnd();
  return (
    <Page title="Silences" aside={may && <Button onClick={dialog.open}>New silence</Button>}>
      <Loaded query={query}>
        {({ silences }) =>
          silences.length === 0 ? (
            <Empty
              icon="silences"
              title="Nothing is silenced"
              detail="A silence keeps people from being told of what is known, until it ends. Incidents are kept all the same."
            />
          ) : (
            <div className="tw-table-card">
              <DataTable
                label="Silences"
                columns={['State', 'What', 'Why', 'Owner', 'Until', '']}
                minWidth={720}
              >
                {silences.map((silence) => (
                  <Row key={silence.id} silence={silence} end={may ? mutate : null} />
                ))}
              </DataTable>
            </div>
          )
        }
      </Loaded>
      <SilenceDialog opened={open} close={dialog.close} search={search} />
    </Page>
  );
}
