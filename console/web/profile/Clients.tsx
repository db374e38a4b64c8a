import { Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Client } from '../api-types.ts';
import { profileQueries } from '../data/profile-queries.ts';
import { Age, Plain } from '../ui/bits.tsx';
import { DataTable } from '../ui/DataTable.tsx';
import { Loaded, Page } from '../ui/Page.tsx';
import { SearchField } from '../ui/SearchField.tsx';
import { Empty } from '../ui/states.tsx';
import { moment, number } from '../ui/words.ts';

function List({ clients }: { clients: Client[] }): ReactNode {
  return (
    <div className="tw-table-card">
      <DataTable
        label="Clients"
        columns={['Client', 'Tokens', 'Calls', 'First seen', 'Last seen']}
        minWidth={560}
      >
        {clients.map((client) => (
          <Table.Tr key={client.client}>
            <Table.Td className="tw-wrap">
              <Link href={`/clients/${encodeURIComponent(client.client)}`} className="tw-link">
                <Plain>{client.client}</Plain>
              </Link>
            </Table.Td>
            <Table.Td>{number(client.tokens)}</Table.Td>
            <Table.Td>{number(client.calls)}</Table.Td>
            <Table.Td className="tw-nowrap">{moment(client.first_seen)}</Table.Td>
            <Table.Td>
              <Age at={client.last_seen} />
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </div>
  );
}

/** Every client that made a call, the latest first. */
export default function Clients(): ReactNode {
  const [q, setQ] = useState('');
  const query = useQuery(profileQueries.clients(q));
  return (
    <Page title="Clients" aside={<SearchField label="Search clients" search={setQ} />}>
      <Loaded query={query}>
        {({ clients }) =>
          clients.length === 0 ? (
            <Empty icon="clients" title="No clients" detail="They appear with their first call." />
          ) : (
            <List clients={clients} />
          )
        }
      </Loaded>
    </Page>
  );
}
