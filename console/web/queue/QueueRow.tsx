import { Checkbox } from '@mantine/core';
import { memo } from 'react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Incident } from '../api-types.ts';
import { Age, Hash, Plain, Score, SeverityBadge, StatusBadge } from '../ui/bits.tsx';
import { actorName } from '../ui/words.ts';
import { rowLinkId } from './triage.ts';
import type { Triage } from './triage.ts';

const MAX_SERVICES = 2;

function Services({ services }: { services: string[] }): ReactNode {
  const more = services.length - MAX_SERVICES;
  return (
    <>
      {services.slice(0, MAX_SERVICES).map((service) => (
        <span key={service} className="tw-tag">
          <Plain>{service}</Plain>
        </span>
      ))}
      {more > 0 && <span className="tw-tag">+{more}</span>}
    </>
  );
}

/** The middle of a row: what it is, in one line, and why, in another. */
const Story = memo(function Story({ incident }: { incident: Incident }): ReactNode {
  return (
    <div className="tw-row-story">
      <Link
        id={rowLinkId(incident.id)}
        href={`/incidents/${incident.id}`}
        className="tw-row-title"
        title={incident.title}
      >
        <Plain>{incident.title}</Plain>
      </Link>
      <div className="tw-row-why">
        <Plain>{incident.explanation}</Plain>
      </div>
    </div>
  );
});

interface Props {
  incident: Incident;
  index: number;
  triage: Triage;
}

export function QueueRow({ incident, index, triage }: Props): ReactNode {
  const { cursor, setCursor, selected, toggle, may } = triage;
  const { id, severity, status } = incident;
  return (
    <li
      className="tw-row"
      data-severity={severity}
      data-status={status}
      data-cursor={cursor === index}
      onFocus={() => setCursor(index)}
    >
      {may && (
        <Checkbox
          className="tw-row-check"
          size="xs"
          checked={selected.has(id)}
          onChange={() => toggle(id)}
          aria-label={`Select ${incident.title.slice(0, 80)}`}
        />
      )}
      <Score score={incident.score} severity={severity} />
      <SeverityBadge severity={severity} />
      <Story incident={incident} />
      <div className="tw-row-who">
        <span className="tw-row-client">
          <Plain>{incident.name === '' ? incident.client : incident.name}</Plain>
        </span>
        {incident.name === '' ? (
          <Hash hash={incident.token_hash} />
        ) : (
          <span className="tw-dimmed">{incident.entity}</span>
        )}
      </div>
      <div className="tw-row-services">
        <Services services={incident.services} />
      </div>
      <div className="tw-row-state">
        {status !== 'open' && <StatusBadge status={status} />}
        {incident.assignee !== '' && (
          <span className="tw-assignee" title={`Assigned to ${actorName(incident.assignee)}`}>
            {actorName(incident.assignee).slice(0, 2)}
          </span>
        )}
      </div>
      <Age at={incident.updated_at} />
    </li>
  );
}
