import { Button, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon } from '../ui/Icon.tsx';
import type { Triage } from './triage.ts';

/** What can be done to everything that is selected; there only while something is. */
export function BulkBar({ triage }: { triage: Triage }): ReactNode {
  const { selected, act, clear } = triage;
  if (selected.size === 0) return null;
  return (
    <div className="tw-bulk" role="toolbar" aria-label="Selected incidents">
      <Text size="sm" fw={600}>
        {selected.size} selected
      </Text>
      <Group gap="xs">
        <Button size="compact-sm" onClick={() => act({ action: 'acknowledge' })}>
          Acknowledge
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Icon name="check" size={14} />}
          onClick={() => act({ action: 'resolve', reason: '' })}
        >
          Resolve
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Icon name="flag" size={14} />}
          onClick={() => act({ action: 'false_positive', reason: '' })}
        >
          False positive
        </Button>
        <Button size="compact-sm" variant="subtle" color="gray" onClick={clear}>
          Clear
        </Button>
      </Group>
    </div>
  );
}
