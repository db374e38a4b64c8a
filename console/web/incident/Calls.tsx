import { Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Call } from '../api-types.ts';
import { queries } from '../data/queries.ts';
import { Plain } from '../ui/bits.tsx';
import { DataTable } from '../ui/DataTable.tsx';
import { Panel } from '../ui/Panel.tsx';
import { moment } from '../ui/words.ts';

function Row({ call }: { call: Call }): ReactNode {
  const failed = call.status >= 400;
  return (
    <Table.Tr>
      <Table.Td className="tw-nowrap">{moment(call.at)}</Table.Td>
      <Table.Td>
        <code className="tw-route">
          <Plain>{`${call.method} ${call.route}`}</Plain>
        </code>
        <div className="tw-dimmed">
          <Plain>{call.service}</Plain>
        </div>
      </Table.Td>
      <Table.Td data-failed={failed} className="tw-code">
        {call.status === 0 ? '–' : call.status}
      </Table.Td>
      <Table.Td>
        <Plain>{call.scope === '' ? '–' : call.scope}</Plain>
      </Table.Td>
      <Table.Td>
        <Plain>{call.country === '' ? '–' : call.country}</Plain>
        <div className="tw-dimmed">
          {call.asn === 0 ? call.network_kind : `AS${String(call.asn)} ${call.network_kind}`}
        </div>
      </Table.Td>
    </Table.Tr>
  );
}

/** The calls themselves, as far as they are still kept. */
export function Calls({ id }: { id: string }): ReactNode {
  const { data } = useQuery(queries.calls(id));
  const calls = data?.calls ?? [];
  if (calls.length === 0) return null;
  return (
    <Panel title="Calls behind it" aside={<span className="tw-dimmed">latest {calls.length}</span>}>
      <DataTable
        label="Calls"
        columns={['Time', 'Route', 'Status', 'Scope', 'From']}
        minWidth={560}
        maxHeight={420}
      >
        {calls.map((call, index) => (
          <Row key={`${call.at}-${String(index)}`} call={call} />
        ))}
      </DataTable>
    </Panel>
  );
}
