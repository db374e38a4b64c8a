import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Containment, Incident, IncidentView } from '../api-types.ts';
import { Hash, Plain } from '../ui/bits.tsx';
import { Panel } from '../ui/Panel.tsx';
import { actorName, duration, moment } from '../ui/words.ts';

function Fact({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <div className="tw-fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function List({ values }: { values: string[] }): ReactNode {
  return values.length === 0 ? (
    '–'
  ) : (
    <span className="tw-tags">
      {values.map((value) => (
        <span key={value} className="tw-tag">
          <Plain>{value}</Plain>
        </span>
      ))}
    </span>
  );
}

/** From the first hostile call to each step after it. */
const STEPS: [keyof Containment, string][] = [
  ['found_at', 'Noticed'],
  ['alerted_at', 'Told'],
  ['sent_at', 'Revocation sent'],
  ['confirmed_at', 'Contained'],
];

function Times({ containment }: { containment: Containment }): ReactNode {
  const first = Date.parse(containment.first_call_at);
  const reached = STEPS.filter(([key]) => containment[key] !== '');
  if (Number.isNaN(first) || reached.length === 0) return null;
  return (
    <ol className="tw-steps" aria-label="Time from the first call">
      {reached.map(([key, word]) => (
        <li key={key}>
          <span className="tw-step-time">
            {duration(Math.max(0, Date.parse(containment[key]) - first))}
          </span>
          {word}
        </li>
      ))}
    </ol>
  );
}

/** Whom or what it is about. */
function Whom({ incident }: { incident: Incident }): ReactNode {
  const { entity, name, client, token_hash: hash } = incident;
  if (name !== '') {
    const endpoints = `/endpoints?q=${encodeURIComponent(name.split(' ').at(-1) ?? '')}`;
    return (
      <Fact name={entity === 'endpoint' ? 'Endpoint' : 'Service'}>
        {entity === 'endpoint' ? (
          <Link href={endpoints} className="tw-link">
            <Plain>{name}</Plain>
          </Link>
        ) : (
          <Plain>{name}</Plain>
        )}
      </Fact>
    );
  }
  return (
    <>
      <Fact name="Client">
        {client === '' ? (
          '–'
        ) : (
          <Link href={`/clients/${encodeURIComponent(client)}`} className="tw-link">
            <Plain>{client}</Plain>
          </Link>
        )}
      </Fact>
      <Fact name="Token">
        {hash === '' ? (
          'all of the client’s'
        ) : (
          <Link href={`/tokens/${hash}`} className="tw-link">
            <Hash hash={hash} />
          </Link>
        )}
      </Fact>
    </>
  );
}

/** What is known about whom and what, at a glance. */
export function Facts({ view }: { view: IncidentView }): ReactNode {
  const { incident, containment } = view;
  return (
    <Panel title="At a glance">
      <Times containment={containment} />
      <dl className="tw-facts">
        <Whom incident={incident} />
        <Fact name="Services">
          <List values={incident.services} />
        </Fact>
        <Fact name="Environments">
          <List values={incident.environments} />
        </Fact>
        <Fact name="Detections">
          <List values={incident.detections} />
        </Fact>
        <Fact name="First call">{moment(incident.first_call_at)}</Fact>
        <Fact name="Last change">{moment(incident.updated_at)}</Fact>
        <Fact name="Assigned to">
          {incident.assignee === '' ? 'nobody' : <Plain>{actorName(incident.assignee)}</Plain>}
        </Fact>
        <Fact name="Surprise">
          <span title="The evidence of its families added up, as −log2 of a probability">
            {Math.round(incident.bits)} bits
          </span>
        </Fact>
        {incident.response !== 'none' && <Fact name="Revocation">{incident.response}</Fact>}
      </dl>
    </Panel>
  );
}
