import type { ReactNode } from 'react';
import type { RegisteredToken } from '../api-types.ts';
import { Plain } from '../ui/bits.tsx';
import { Panel } from '../ui/Panel.tsx';
import { actorName, moment } from '../ui/words.ts';

/** What the issuer said; what it left out is not listed. */
function factsOf(token: RegisteredToken): [string, string][] {
  const time = (iso: string): string => (iso === '' ? '' : moment(iso));
  const facts: [string, string][] = [
    ['Client', token.client],
    ['Minted for', token.environment],
    ['Issued', time(token.issued_at)],
    ['Expires', time(token.expires_at)],
    ['Revoked', time(token.revoked_at)],
    ['Scopes granted', token.granted_scopes.join(', ')],
    ['Only from networks', token.allowed_networks.join(', ')],
    ['Registered by', actorName(token.registered_by)],
  ];
  return facts.filter(([, value]) => value !== '');
}

/** What the issuer registered of a token. */
export function Registered({ data }: { data: RegisteredToken }): ReactNode {
  return (
    <Panel
      title="Registered by the issuer"
      aside={
        data.revoked_at !== '' && (
          <span className="tw-state" data-tone="bad">
            revoked
          </span>
        )
      }
    >
      <dl className="tw-facts">
        {factsOf(data).map(([name, value]) => (
          <div key={name} className="tw-fact">
            <dt>{name}</dt>
            <dd>
              <Plain>{value}</Plain>
            </dd>
          </div>
        ))}
        {data.client_cert_sha256 !== '' && (
          <div className="tw-fact">
            <dt>Bound to certificate</dt>
            <dd>
              <code className="tw-full-hash">{data.client_cert_sha256}</code>
            </dd>
          </div>
        )}
      </dl>
    </Panel>
  );
}
