import { Button, Menu } from '@mantine/core';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { api } from '../data/api.ts';
import { queryClient } from '../data/queries.ts';
import { useSession } from '../data/session.ts';
import { Icon } from '../ui/Icon.tsx';
import { actorName } from '../ui/words.ts';

async function signOut(): Promise<void> {
  await api.DELETE('/api/v1/session');
  queryClient.clear();
  await queryClient.invalidateQueries();
  location.assign('/login');
}

/** Who is signed in, and the way out; for visitors the way in. */
export function PersonMenu(): ReactNode {
  const { actor, role, signed_in: signedIn } = useSession();
  const [, navigate] = useLocation();
  if (!signedIn) {
    return (
      <Button
        variant="light"
        size="compact-md"
        onClick={() => {
          navigate('/login');
          void queryClient.invalidateQueries({ queryKey: ['session'] });
        }}
      >
        Sign in
      </Button>
    );
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="subtle" color="gray" leftSection={<Icon name="person" />} px="xs">
          {actorName(actor)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Role: {role}</Menu.Label>
        <Menu.Item leftSection={<Icon name="logout" size={16} />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
