import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './data-table.module.css';

interface DataTableProps {
  caption: string;
  columns: ReactNode[];
  /** On a phone the cells stand in one line, without their columns' names. */
  compact?: boolean;
  children: ReactNode;
}

/** A table that turns into cards on a phone. Cells carry data-label; the first may go without. */
export function DataTable({ caption, columns, compact = false, children }: DataTableProps) {
  return (
    <div className={classes.frame}>
      <Table className={`${classes.table} ${compact ? classes.compact : ''}`} aria-label={caption}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column, index) => (
              <Table.Th key={index} scope="col">
                {column}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>{children}</Table.Tbody>
      </Table>
    </div>
  );
}

/** Last cell of a row: its actions. */
export function ActionCell({ children }: { children: ReactNode }) {
  return (
    <Table.Td className={classes.end}>
      <span className={classes.actions}>{children}</span>
    </Table.Td>
  );
}
