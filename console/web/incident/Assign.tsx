import { Button, Group, Menu, Modal, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useRef } from 'react';
import type { ReactNode } from 'react';
import type { Incident } from '../api-types.ts';
import type { Transition } from '../data/actions.ts';
import { useSession } from '../data/session.ts';
import { Icon } from '../ui/Icon.tsx';

interface Props {
  incident: Incident;
  act: (transition: Transition) => void;
}

function AskName({
  opened,
  close,
  act,
}: Pick<Props, 'act'> & { opened: boolean; close: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <Modal opened={opened} onClose={close} title="Assign the incident" centered>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const to = input.current?.value.trim() ?? '';
          close();
          if (to !== '') act({ action: 'assign', to });
        }}
      >
        <TextInput
          ref={input}
          label="To whom"
          description="A name as the histories show it, or that of a team"
          maxLength={200}
          data-autofocus
        />
        <Group justify="flex-end" mt="md">
          <Button variant="subtle" color="gray" onClick={close}>
            Cancel
          </Button>
          <Button type="submit">Assign</Button>
        </Group>
      </form>
    </Modal>
  );
}

/** Who takes care of it: oneself, somebody else, or nobody. */
export function Assign({ incident, act }: Props): ReactNode {
  const { actor } = useSession();
  const [open, dialog] = useDisclosure(false);
  const { assignee } = incident;
  return (
    <>
      <Menu position="bottom-start">
        <Menu.Target>
          <Button variant="default" leftSection={<Icon name="person" size={16} />}>
            Assign
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {assignee !== actor && (
            <Menu.Item onClick={() => act({ action: 'assign', to: actor })}>To me</Menu.Item>
          )}
          <Menu.Item onClick={dialog.open}>To somebody else</Menu.Item>
          {assignee !== '' && (
            <Menu.Item onClick={() => act({ action: 'assign', to: '' })}>To nobody</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <AskName opened={open} close={dialog.close} act={act} />
    </>
  );
}
