import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { CampaignMember } from '../api-types.ts';
import { Hash, Plain, SeverityBadge } from '../ui/bits.tsx';
import { DataTable } from '../ui/DataTable.tsx';
import { Panel } from '../ui/Panel.tsx';

/** The incidents that a campaign joins. */
export function Members({ members }: { members: CampaignMember[] }): ReactNode {
  return (
    <Panel
      title="Incidents in this campaign"
      aside={<span className="tw-count">{members.length}</span>}
    >
      <DataTable
        label="Incidents in this campaign"
        columns={['Severity', 'Client', 'Token', 'Incident']}
        minWidth={420}
      >
        {members.map((member) => (
          <Table.Tr key={member.incident_id}>
            <Table.Td>
              <SeverityBadge severity={member.severity} />
            </Table.Td>
            <Table.Td>
              <Plain>{member.client}</Plain>
            </Table.Td>
            <Table.Td>
              <Hash hash={member.token_hash} />
            </Table.Td>
            <Table.Td>
              <Link href={`/incidents/${member.incident_id}`}>
                <code>{member.incident_id.slice(0, 8)}</code>
              </Link>
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </Panel>
  );
}
