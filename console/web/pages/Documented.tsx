import { Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { InventoryEntry } from '../api-types.ts';
import { placeQueries } from '../data/profile-queries.ts';
import { Age, Plain } from '../ui/bits.tsx';
import { DataTable } from '../ui/DataTable.tsx';
import { Panel } from '../ui/Panel.tsx';
import { number } from '../ui/words.ts';

/** What wants looking at first. */
const TONES: Record<string, string> = {
  undocumented: 'bad',
  'deprecated, in use': 'warn',
  'never seen': 'plain',
  deprecated: 'plain',
};

function Row({ entry }: { entry: InventoryEntry }): ReactNode {
  return (
    <Table.Tr>
      <Table.Td className="tw-nowrap">
        <span className="tw-state" data-tone={TONES[entry.state] ?? 'plain'}>
          {entry.state}
        </span>
      </Table.Td>
      <Table.Td>
        <code className="tw-route">
          <Plain>{`${entry.method} ${entry.route}`}</Plain>
        </code>
      </Table.Td>
      <Table.Td>
        <Plain>{entry.service}</Plain>
      </Table.Td>
      <Table.Td>{number(entry.calls)}</Table.Td>
      <Table.Td>{entry.last_seen === '' ? 'never' : <Age at={entry.last_seen} />}</Table.Td>
    </Table.Tr>
  );
}

/** Where what is called and what OpenAPI files say differ; nothing where they agree or there are none. */
export function Documented(): ReactNode {
  const { data } = useQuery(placeQueries.inventory());
  const odd = (data?.inventory ?? [])
    .filter(({ state }) => state !== 'used')
    .sort((a, b) => Object.keys(TONES).indexOf(a.state) - Object.keys(TONES).indexOf(b.state));
  if (odd.length === 0) return null;
  return (
    <Panel title="Against the OpenAPI files" aside={<span className="tw-count">{odd.length}</span>}>
      <DataTable
        label="Against the OpenAPI files"
        columns={['State', 'Route', 'Service', 'Calls', 'Last seen']}
        minWidth={620}
        maxHeight={360}
      >
        {odd.map((entry) => (
          <Row key={`${entry.service} ${entry.method} ${entry.route}`} entry={entry} />
        ))}
      </DataTable>
    </Panel>
  );
}
