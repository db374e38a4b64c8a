import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Token } from '../api-types.ts';
import { Age, Plain } from '../ui/bits.tsx';
import { DataTable } from '../ui/DataTable.tsx';
import { moment, number, shortHash } from '../ui/words.ts';

/** Tokens, each a way to its profile. */
export function TokenTable({ tokens }: { tokens: Token[] }): ReactNode {
  return (
    <div className="tw-table-card">
      <DataTable
        label="Tokens"
        columns={['Token', 'Client', 'Minted for', 'Expires', 'Calls', 'Last seen']}
        minWidth={680}
      >
        {tokens.map((token) => (
          <Table.Tr key={token.token_hash}>
            <Table.Td>
              <Link href={`/tokens/${token.token_hash}`} className="tw-link">
                <code>{shortHash(token.token_hash)}</code>
              </Link>
            </Table.Td>
            <Table.Td className="tw-wrap">
              <Plain>{token.client}</Plain>
            </Table.Td>
            <Table.Td>
              <Plain>{token.token_environment === '' ? '–' : token.token_environment}</Plain>
            </Table.Td>
            <Table.Td className="tw-nowrap">{moment(token.expires_at)}</Table.Td>
            <Table.Td>{number(token.calls)}</Table.Td>
            <Table.Td>
              <Age at={token.last_seen} />
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </div>
  );
}
