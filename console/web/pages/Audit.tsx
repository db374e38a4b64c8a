import { Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { AuditEntry } from '../api-types.ts';
import { placeQueries } from '../data/profile-queries.ts';
import { Plain } from '../ui/bits.tsx';
import { DataTable } from '../ui/DataTable.tsx';
import { Loaded, Page } from '../ui/Page.tsx';
import { Empty } from '../ui/states.tsx';
import { moment } from '../ui/words.ts';

function Subject({ subject }: { subject: string }): ReactNode {
  const [kind, id] = subject.split(/:(.*)/s);
  if (kind !== 'incident' || id === undefined) return <Plain>{subject}</Plain>;
  return (
    <Link href={`/incidents/${id}`} className="tw-link">
      incident <code>{id.slice(0, 8)}</code>
    </Link>
  );
}

/** The detail without what the other columns say. */
function detailOf({ detail }: AuditEntry): string {
  return Object.entries(detail)
    .filter(([key, value]) => key !== 'event' && value !== '')
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' · ');
}

function Row({ entry }: { entry: AuditEntry }): ReactNode {
  return (
    <Table.Tr>
      <Table.Td className="tw-nowrap">{moment(entry.at)}</Table.Td>
      <Table.Td className="tw-nowrap">{entry.action}</Table.Td>
      <Table.Td className="tw-nowrap">
        <Plain>{entry.actor}</Plain>
      </Table.Td>
      <Table.Td>
        <Subject subject={entry.subject} />
      </Table.Td>
      <Table.Td className="tw-wrap">
        <Plain>{detailOf(entry)}</Plain>
      </Table.Td>
      <Table.Td>
        <code className="tw-hash" title={`${entry.chain} #${String(entry.seq)}: ${entry.hash}`}>
          {entry.hash.slice(0, 8)}
        </code>
      </Table.Td>
    </Table.Tr>
  );
}

/** What anyone or anything decided. The chain behind it is checked by `tokenwatch audit verify`. */
export default function Audit(): ReactNode {
  const query = useQuery(placeQueries.audit());
  return (
    <Page title="Audit">
      <Loaded query={query}>
        {({ entries }) =>
          entries.length === 0 ? (
            <Empty icon="audit" title="Nothing was decided yet" detail="Decisions appear here." />
          ) : (
            <div className="tw-table-card">
              <DataTable
                label="Decisions"
                columns={['Time', 'What', 'By whom', 'To what', 'Detail', 'Hash']}
                minWidth={1080}
              >
                {entries.map((entry) => (
                  <Row key={entry.hash} entry={entry} />
                ))}
              </DataTable>
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}
