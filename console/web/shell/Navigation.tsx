import { Burger, Group, NavLink } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { queries } from '../data/queries.ts';
import { useMay, useSession } from '../data/session.ts';
import { Icon } from '../ui/Icon.tsx';
import type { IconName } from '../ui/Icon.tsx';
import { Logo } from './Logo.tsx';

const PAGES: { to: string; label: string; icon: IconName }[] = [
  { to: '/incidents', label: 'Incidents', icon: 'incidents' },
  { to: '/tokens', label: 'Tokens', icon: 'tokens' },
  { to: '/clients', label: 'Clients', icon: 'clients' },
  { to: '/detections', label: 'Detections', icon: 'detections' },
  { to: '/silences', label: 'Silences', icon: 'silences' },
  { to: '/quieted', label: 'Quieted', icon: 'quieted' },
  { to: '/deliveries', label: 'Deliveries', icon: 'deliveries' },
  { to: '/endpoints', label: 'Endpoints', icon: 'endpoints' },
  { to: '/audit', label: 'Audit', icon: 'audit' },
  { to: '/pipeline', label: 'Health', icon: 'health' },
];

const ADMIN_PAGES: typeof PAGES = [{ to: '/settings', label: 'API keys', icon: 'settings' }];

function OpenCount(): ReactNode {
  const { data } = useQuery(queries.queue({ status: ['open'], limit: 1 }));
  const open = data?.by_status.open ?? 0;
  return open === 0 ? null : <span className="tw-count">{open}</span>;
}

export function Navigation({ close }: { close: () => void }): ReactNode {
  const [path] = useLocation();
  const { version } = useSession();
  const pages = useMay('admin') ? [...PAGES, ...ADMIN_PAGES] : PAGES;
  return (
    <>
      <Group className="tw-navbar-top" justify="space-between" wrap="nowrap">
        <Logo />
        <Burger opened onClick={close} size="sm" hiddenFrom="sm" aria-label="Close menu" />
      </Group>
      <nav className="tw-nav" aria-label="Main">
        {pages.map(({ to, label, icon }) => (
          <NavLink
            key={to}
            component={Link}
            href={to}
            active={path === to || path.startsWith(`${to}/`)}
            label={label}
            leftSection={<Icon name={icon} />}
            rightSection={to === '/incidents' ? <OpenCount /> : undefined}
          />
        ))}
      </nav>
      <div className="tw-version">tokenwatch {version}</div>
    </>
  );
}
