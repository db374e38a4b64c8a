import { SegmentedControl, Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Delivery } from '../api-types.ts';
import { queries } from '../data/queries.ts';
import { Age, Plain } from '../ui/bits.tsx';
import { DataTable } from '../ui/DataTable.tsx';
import { Page } from '../ui/Page.tsx';
import { Empty, Failed, Loading } from '../ui/states.tsx';

const VIEWS = {
  all: [],
  waiting: ['pending'],
  failed: ['refused', 'dead'],
} as const;

function Row({ delivery }: { delivery: Delivery }): ReactNode {
  return (
    <Table.Tr>
      <Table.Td>
        <span className="tw-state" data-state={delivery.state}>
          {delivery.state}
        </span>
      </Table.Td>
      <Table.Td>
        <Plain>{delivery.receiver}</Plain>
        <div className="tw-dimmed">{delivery.notifier}</div>
      </Table.Td>
      <Table.Td>{delivery.reason}</Table.Td>
      <Table.Td>
        {delivery.incident_id === '' ? (
          '–'
        ) : (
          <Link href={`/incidents/${delivery.incident_id}`}>
            <code>{delivery.incident_id.slice(0, 8)}</code>
          </Link>
        )}
      </Table.Td>
      <Table.Td>{delivery.attempts}</Table.Td>
      <Table.Td className="tw-nowrap">
        <Age at={delivery.updated_at} />
      </Table.Td>
      <Table.Td className="tw-wrap">
        <Plain>{delivery.last_error}</Plain>
      </Table.Td>
    </Table.Tr>
  );
}

function List({ deliveries }: { deliveries: Delivery[] }): ReactNode {
  return (
    <div className="tw-table-card">
      <DataTable
        label="Deliveries"
        columns={['State', 'Receiver', 'Why', 'Incident', 'Attempts', 'Age', 'Last error']}
        minWidth={700}
      >
        {deliveries.map((delivery) => (
          <Row key={delivery.id} delivery={delivery} />
        ))}
      </DataTable>
    </div>
  );
}

/** What people and systems were sent, and whether it reached them. */
export default function Deliveries(): ReactNode {
  const [view, setView] = useState<keyof typeof VIEWS>('all');
  const { data, error } = useQuery(queries.deliveries([...VIEWS[view]]));
  if (error !== null) return <Failed title="Deliveries cannot be read" detail={error.message} />;
  if (data === undefined) return <Loading />;
  return (
    <Page title="Deliveries">
      <SegmentedControl
        mb="md"
        value={view}
        onChange={(value) => setView(value)}
        data={[
          { value: 'all', label: 'All' },
          { value: 'waiting', label: 'Waiting' },
          { value: 'failed', label: 'Failed' },
        ]}
      />
      {data.deliveries.length === 0 ? (
        <Empty
          icon="deliveries"
          title="Nothing here"
          detail="Deliveries appear as people are told."
        />
      ) : (
        <List deliveries={data.deliveries} />
      )}
    </Page>
  );
}
