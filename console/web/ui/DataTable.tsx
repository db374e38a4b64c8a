import { Table } from '@mantine/core';
import type { ReactNode } from 'react';

interface Props {
  /** Named for screen readers: what the rows are. */
  label: string;
  columns: readonly string[];
  /** In pixels; narrower windows scroll the table, not the page. */
  minWidth: number;
  maxHeight?: number;
  children: ReactNode;
}

/** A table that scrolls within itself and can be reached by keyboard. */
export function DataTable({ label, columns, minWidth, maxHeight, children }: Props): ReactNode {
  return (
    <div className="tw-scroll" style={{ maxHeight }} tabIndex={0} role="region" aria-label={label}>
      <Table verticalSpacing={7} stickyHeader highlightOnHover miw={minWidth}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </div>
  );
}
