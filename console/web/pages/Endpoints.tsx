import { Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { useSearch } from 'wouter';
import type { Endpoint } from '../api-types.ts';
import { placeQueries } from '../data/profile-queries.ts';
import { Age, Plain } from '../ui/bits.tsx';
import { DataTable } from '../ui/DataTable.tsx';
import { Loaded, Page } from '../ui/Page.tsx';
import { SearchField } from '../ui/SearchField.tsx';
import { Empty } from '../ui/states.tsx';
import { number } from '../ui/words.ts';
import { Documented } from './Documented.tsx';

function Row({ endpoint }: { endpoint: Endpoint }): ReactNode {
  return (
    <Table.Tr>
      <Table.Td>
        <code className="tw-route">
          <Plain>{`${endpoint.method} ${endpoint.route}`}</Plain>
        </code>
        {endpoint.is_new && <span className="tw-new">new</span>}
      </Table.Td>
      <Table.Td>
        <Plain>{endpoint.service}</Plain>
        <div className="tw-dimmed">
          <Plain>{endpoint.environment}</Plain>
        </div>
      </Table.Td>
      <Table.Td>{number(endpoint.calls)}</Table.Td>
      <Table.Td>{number(endpoint.denied)}</Table.Td>
      <Table.Td>{number(endpoint.failed)}</Table.Td>
      <Table.Td className="tw-code" data-failed={endpoint.anonymous > 0}>
        {number(endpoint.anonymous)}
      </Table.Td>
      <Table.Td>
        <Age at={endpoint.last_seen} />
      </Table.Td>
    </Table.Tr>
  );
}

/** The routes as they were seen, with who gets through without a credential. */
export default function Endpoints(): ReactNode {
  // An incident on an endpoint leads here with its route.
  const [q, setQ] = useState(new URLSearchParams(useSearch()).get('q')?.slice(0, 200) ?? '');
  const query = useQuery(placeQueries.endpoints(q));
  return (
    <Page title="Endpoints" aside={<SearchField label="Search routes" initial={q} search={setQ} />}>
      <Loaded query={query}>
        {({ endpoints }) =>
          endpoints.length === 0 ? (
            <Empty icon="endpoints" title="No endpoints" detail="They appear with their calls." />
          ) : (
            <div className="tw-table-card">
              <DataTable
                label="Endpoints"
                columns={[
                  ...['Route', 'Service', 'Calls', 'Denied', 'Failed'],
                  ...['Without credential', 'Last seen'],
                ]}
                minWidth={760}
              >
                {endpoints.map((endpoint) => (
                  <Row
                    key={[
                      ...[endpoint.service, endpoint.environment],
                      ...[endpoint.method, endpoint.route],
                    ].join(' ')}
                    endpoint={endpoint}
                  />
                ))}
              </DataTable>
            </div>
          )
        }
      </Loaded>
      <Documented />
    </Page>
  );
}
