import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { profileQueries } from '../data/profile-queries.ts';
import { Loaded, Page } from '../ui/Page.tsx';
import { Panel } from '../ui/Panel.tsx';
import { number } from '../ui/words.ts';
import { History } from './History.tsx';
import { Reach } from './Reach.tsx';
import { TokenTable } from './TokenTable.tsx';
import { Usual } from './Usual.tsx';

/** One client: what is usual for it, and its tokens. */
export default function ClientProfile({ id }: { id: string }): ReactNode {
  const query = useQuery(profileQueries.client(id));
  return (
    <Page title={id}>
      <Loaded query={query}>
        {({ client, tokens, usual }) => (
          <>
            <History query={{ client: id }} />
            <Usual usual={usual} />
            <Reach client={id} />
            <Panel title="Tokens" aside={<span className="tw-count">{number(client.tokens)}</span>}>
              <TokenTable tokens={tokens} />
            </Panel>
          </>
        )}
      </Loaded>
    </Page>
  );
}
