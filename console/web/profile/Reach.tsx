import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { profileQueries } from '../data/profile-queries.ts';
import { Plain } from '../ui/bits.tsx';
import { Panel } from '../ui/Panel.tsx';
import { number } from '../ui/words.ts';

const SHOWN = 5;

/** What cutting off a whole client would hit. */
export function Reach({ client }: { client: string }): ReactNode {
  const { data } = useQuery(profileQueries.reach(client));
  if (data === undefined || data.calls_per_day === 0) return null;
  const more = data.routes.length - SHOWN;
  return (
    <Panel
      title="Blast radius"
      aside={<span className="tw-dimmed">all of the client’s tokens</span>}
    >
      <dl className="tw-facts">
        <div className="tw-fact">
          <dt>Would hit</dt>
          <dd>
            <b>{number(data.calls_per_day)}</b> calls a day by <b>{number(data.live_tokens)}</b>{' '}
            tokens
          </dd>
        </div>
        <div className="tw-fact">
          <dt>Services</dt>
          <dd>
            <Plain>{data.services.join(', ')}</Plain>
          </dd>
        </div>
      </dl>
      <ul className="tw-routes">
        {data.routes.slice(0, SHOWN).map(({ route, calls_per_day: calls }) => (
          <li key={route}>
            <code className="tw-route">
              <Plain>{route}</Plain>
            </code>
            <span>{number(calls)}</span>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="tw-dimmed">and {more} more routes</p>}
    </Panel>
  );
}
