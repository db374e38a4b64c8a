import { AppShell, Burger, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect } from 'react';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import type { Session } from '../data/session.ts';
import { SessionContext } from '../data/session.ts';
import { useLive } from '../data/live.ts';
import { Toasts } from '../ui/Toasts.tsx';
import { KeyHelp } from './KeyHelp.tsx';
import { LiveMark } from './LiveMark.tsx';
import { Logo } from './Logo.tsx';
import { Navigation } from './Navigation.tsx';
import { PersonMenu } from './PersonMenu.tsx';
import { SchemeSwitch } from './SchemeSwitch.tsx';

/** What stays while pages change: navigation, who is there, whether the page is live. */
export function Shell({ session, children }: { session: Session; children: ReactNode }): ReactNode {
  const [open, { toggle, close }] = useDisclosure(false);
  const live = useLive(true);
  const [path] = useLocation();
  useEffect(close, [path, close]);
  return (
    <SessionContext value={session}>
      <AppShell
        layout="alt"
        header={{ height: 56 }}
        navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !open } }}
        padding={0}
      >
        <a className="tw-skip" href="#content">
          Skip to content
        </a>
        <AppShell.Header className="tw-header">
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap" hiddenFrom="sm">
              <Burger opened={open} onClick={toggle} size="sm" aria-label="Menu" />
              <Logo />
            </Group>
            <Group visibleFrom="sm">
              <LiveMark state={live} />
            </Group>
            <Group gap="xs" wrap="nowrap">
              <KeyHelp />
              <SchemeSwitch />
              <PersonMenu />
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar className="tw-navbar">
          <Navigation close={close} />
        </AppShell.Navbar>
        <AppShell.Main id="content" tabIndex={-1}>
          {children}
        </AppShell.Main>
        <Toasts />
      </AppShell>
    </SessionContext>
  );
}
