import { Paper, Title } from '@mantine/core';
import { useId } from 'react';
import type { ReactNode } from 'react';

interface Props {
  title: string;
  /** Beside the title: a count, a button. */
  aside?: ReactNode;
  children: ReactNode;
}

/** One titled part of a page. */
export function Panel({ title, aside, children }: Props): ReactNode {
  const id = useId();
  return (
    <Paper component="section" withBorder className="tw-panel" aria-labelledby={id}>
      <div className="tw-panel-head">
        <Title order={2} size="h5" id={id}>
          {title}
        </Title>
        {aside}
      </div>
      {children}
    </Paper>
  );
}
