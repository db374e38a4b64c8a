import { Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Failed, Loading } from './states.tsx';

interface PageProps {
  title: string;
  /** Beside the title, and above it. */
  aside?: ReactNode;
  above?: ReactNode;
  children: ReactNode;
}

/** A page: its title, in the window as well, and what it holds. */
export function Page({ title, aside, above, children }: PageProps): ReactNode {
  useDocumentTitle(`${title} · tokenwatch`);
  return (
    <div className="tw-page">
      {above}
      <div className="tw-page-head">
        <Title order={1} size="h2" className="tw-page-title">
          {title}
        </Title>
        {aside}
      </div>
      {children}
    </div>
  );
}

interface LoadedProps<T> {
  query: UseQueryResult<T>;
  children: (data: T) => ReactNode;
}

/** What a query answered, once it has; else that it is on its way or failed. */
export function Loaded<T>({ query, children }: LoadedProps<T>): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) {
    return <Failed title="This cannot be shown" detail={query.error.message} />;
  }
  return <Loading />;
}
