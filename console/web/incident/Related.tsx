import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Incident, RelatedIncident } from '../api-types.ts';
import { queries } from '../data/queries.ts';
import { Age, Plain, SeverityBadge } from '../ui/bits.tsx';
import { Panel } from '../ui/Panel.tsx';
import { STATUS_WORDS } from '../ui/words.ts';

const SHOWN = 8;

function tieWords(tie: RelatedIncident['tie'], { entity }: Incident): string {
  if (tie === 'entity') return `same ${entity}`;
  return { campaign: 'same campaign', client: 'same client', kind: 'same kind, same time' }[tie];
}

/** Other incidents that this one may have to do with, and what they have in common. */
export function Related({ incident }: { incident: Incident }): ReactNode {
  const { data } = useQuery(queries.related(incident.id));
  const related = data?.related ?? [];
  if (related.length === 0) return null;
  return (
    <Panel title="Related incidents" aside={<span className="tw-count">{related.length}</span>}>
      <ul className="tw-history">
        {related.slice(0, SHOWN).map(({ tie, incident: other }) => (
          <li key={other.id}>
            <Link href={`/incidents/${other.id}`} className="tw-history-title">
              <Plain>{other.title}</Plain>
            </Link>
            <span className="tw-history-marks">
              <SeverityBadge severity={other.severity} />
              <span className="tw-tag">{tieWords(tie, incident)}</span>
              <span className="tw-dimmed">{STATUS_WORDS[other.status]}</span>
              <Age at={other.updated_at} />
            </span>
          </li>
        ))}
      </ul>
      {related.length > SHOWN && <p className="tw-dimmed">and {related.length - SHOWN} more</p>}
    </Panel>
  );
}
