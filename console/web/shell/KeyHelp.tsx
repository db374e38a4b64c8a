import { ActionIcon, Group, Kbd, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Icon } from '../ui/Icon.tsx';
import { useKeys } from '../ui/keys.ts';

const KEYS: [string, string][] = [
  ['j', 'Next incident'],
  ['k', 'Previous incident'],
  ['Enter', 'Open it'],
  ['x', 'Select it'],
  ['a', 'Acknowledge'],
  ['r', 'Resolve'],
  ['f', 'False positive'],
  ['u', 'Undo, or back to the queue'],
  ['/', 'Search'],
  ['?', 'This list'],
];

/** The keyboard's map. */
export function KeyHelp(): ReactNode {
  const [open, { open: show, close }] = useDisclosure(false);
  useKeys({ '?': show });
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label="Keyboard shortcuts"
        onClick={show}
        visibleFrom="sm"
      >
        <Icon name="keyboard" />
      </ActionIcon>
      <Modal opened={open} onClose={close} title="Keyboard" size="sm">
        <Stack gap="xs">
          {KEYS.map(([key, what]) => (
            <Group key={key} justify="space-between">
              <Text size="sm">{what}</Text>
              <Kbd>{key}</Kbd>
            </Group>
          ))}
        </Stack>
      </Modal>
    </>
  );
}
