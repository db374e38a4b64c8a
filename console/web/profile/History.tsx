import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { queries } from '../data/queries.ts';
import type { QueueQuery } from '../data/queries.ts';
import { Age, Plain, SeverityBadge } from '../ui/bits.tsx';
import { Panel } from '../ui/Panel.tsx';
import { STATUS_WORDS } from '../ui/words.ts';

interface Props {
  query: QueueQuery;
  title?: string;
  /** An incident that is shown already. */
  except?: string;
}

/** Incidents of the same token or client, the latest first. */
export function History({ query, title = 'Incidents', except }: Props): ReactNode {
  const { data } = useQuery(queries.queue({ ...query, order: 'updated', limit: 10 }));
  const incidents = (data?.incidents ?? []).filter(({ id }) => id !== except);
  if (incidents.length === 0) return null;
  return (
    <Panel title={title} aside={<span className="tw-count">{incidents.length}</span>}>
      <ul className="tw-history">
        {incidents.map((incident) => (
          <li key={incident.id}>
            <Link href={`/incidents/${incident.id}`} className="tw-history-title">
              <Plain>{incident.title}</Plain>
            </Link>
            <span className="tw-history-marks">
              <SeverityBadge severity={incident.severity} />
              <span className="tw-dimmed">{STATUS_WORDS[incident.status]}</span>
              <Age at={incident.updated_at} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
