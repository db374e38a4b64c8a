import { Group } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ReactNode } from 'react';
import { profileQueries } from '../data/profile-queries.ts';
import { Loaded, Page } from '../ui/Page.tsx';
import { SearchField } from '../ui/SearchField.tsx';
import { Empty } from '../ui/states.tsx';
import { Lookup } from './Lookup.tsx';
import { TokenTable } from './TokenTable.tsx';

/** Every token that made a call, the latest first. */
export default function Tokens(): ReactNode {
  const [q, setQ] = useState('');
  const query = useQuery(profileQueries.tokens(q));
  return (
    <Page
      title="Tokens"
      aside={
        <Group gap="xs">
          <SearchField label="Client, hash or token id" search={setQ} />
          <Lookup />
        </Group>
      }
    >
      <Loaded query={query}>
        {({ tokens }) =>
          tokens.length === 0 ? (
            <Empty
              icon="tokens"
              title="No tokens"
              detail="Tokens appear with the first call that presents them."
            />
          ) : (
            <TokenTable tokens={tokens} />
          )
        }
      </Loaded>
    </Page>
  );
}
