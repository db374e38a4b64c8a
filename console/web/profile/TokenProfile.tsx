import { Grid } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Token, Usual as UsualData } from '../api-types.ts';
import { profileQueries } from '../data/profile-queries.ts';
import { Plain } from '../ui/bits.tsx';
import { Loaded, Page } from '../ui/Page.tsx';
import { Panel } from '../ui/Panel.tsx';
import { moment, number, shortHash } from '../ui/words.ts';
import { History } from './History.tsx';
import { Registered } from './Registered.tsx';
import { RevocationPanel } from './RevocationPanel.tsx';
import { Usual } from './Usual.tsx';

const DAY = 86_400_000;

/** How a token stands in its life, and whether that is well. */
function lifeOf({ expires_at: expires }: Token): { words: string; tone: string } {
  if (expires === '') return { words: 'no expiry is known', tone: 'plain' };
  const left = Date.parse(expires) - Date.now();
  if (left < 0) return { words: 'expired', tone: 'bad' };
  return left < 2 * DAY
    ? { words: 'expires within 48 hours', tone: 'warn' }
    : { words: 'valid', tone: 'good' };
}

function Lifecycle({ token }: { token: Token }): ReactNode {
  const life = lifeOf(token);
  const facts: [string, string][] = [
    ['Client', token.client],
    ['Token id', token.token_id],
    ['Minted for', token.token_environment],
    ['Issued', moment(token.issued_at)],
    ['Expires', moment(token.expires_at)],
    ['First seen', moment(token.first_seen)],
    ['Last seen', moment(token.last_seen)],
    ['Calls', number(token.calls)],
  ];
  return (
    <Panel
      title="Lifecycle"
      aside={
        <span className="tw-state" data-tone={life.tone}>
          {life.words}
        </span>
      }
    >
      <dl className="tw-facts">
        {facts.map(([name, value]) => (
          <div key={name} className="tw-fact">
            <dt>{name}</dt>
            <dd>
              {name === 'Client' && value !== '' ? (
                <Link href={`/clients/${encodeURIComponent(value)}`} className="tw-link">
                  <Plain>{value}</Plain>
                </Link>
              ) : (
                <Plain>{value === '' ? '–' : value}</Plain>
              )}
            </dd>
          </div>
        ))}
        <div className="tw-fact">
          <dt>Hash</dt>
          <dd>
            <code className="tw-full-hash">{token.token_hash}</code>
          </dd>
        </div>
      </dl>
    </Panel>
  );
}

/** Scopes granted, and which of them were ever used; and used beyond the grant. */
function Grant({ token, usual }: { token: Token; usual: UsualData }): ReactNode {
  const used = new Set(usual.scopes.map(({ value }) => value));
  const granted = new Set(token.granted_scopes);
  const beyond = granted.size === 0 ? [] : [...used].filter((scope) => !granted.has(scope));
  if (granted.size === 0) return null;
  return (
    <Panel title="Scopes granted" aside={<span className="tw-count">{granted.size}</span>}>
      <ul className="tw-grant">
        {[...granted].map((scope) => (
          <li key={scope} data-used={used.has(scope)}>
            <code>
              <Plain>{scope}</Plain>
            </code>
            <span>{used.has(scope) ? 'used' : 'never used'}</span>
          </li>
        ))}
        {beyond.map((scope) => (
          <li key={scope} data-used="beyond">
            <code>
              <Plain>{scope}</Plain>
            </code>
            <span>used, not granted</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** One token: what is usual, what it may, where it stands. */
export default function TokenProfile({ hash }: { hash: string }): ReactNode {
  const query = useQuery(profileQueries.token(hash));
  return (
    <Page title={`Token ${shortHash(hash)}`}>
      <Loaded query={query}>
        {({ token, registered, usual }) => (
          <Grid gap="lg">
            <Grid.Col span={{ base: 12, md: 8 }}>
              <Usual usual={usual} />
            </Grid.Col>
            <Grid.Col span={{ base: 12, md: 4 }}>
              <Lifecycle token={token} />
              {registered !== null && <Registered data={registered} />}
              <Grant token={token} usual={usual} />
              <RevocationPanel hash={hash} />
              <History query={{ token_hash: hash }} />
            </Grid.Col>
          </Grid>
        )}
      </Loaded>
    </Page>
  );
}
