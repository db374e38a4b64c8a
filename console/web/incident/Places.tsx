import { useQuery } from '@tanstack/react-query';
import { Suspense, lazy } from 'react';
import type { ReactNode } from 'react';
import type { Finding, Place } from '../api-types.ts';
import { queries } from '../data/queries.ts';
import type { MapPlace } from '../map/WorldMap.tsx';
import { Panel } from '../ui/Panel.tsx';

const WorldMap = lazy(async () => import('../map/WorldMap.tsx'));

/** Families in which it matters where calls came from. */
const GEOGRAPHIC = new Set(['geography', 'sharing']);

function placesOf(before: Place[], during: Place[]): MapPlace[] {
  const known = new Map(before.map((place) => [place.country, place]));
  const fresh = during.filter(({ country }) => !known.has(country));
  return [
    ...before.map(({ country, calls }) => ({ country, calls, tone: 'usual' as const })),
    ...fresh.map(({ country, calls }) => ({ country, calls, tone: 'new' as const })),
  ];
}

/** From where the token is mostly at home to each new country. */
function waysOf(before: Place[], places: MapPlace[]): { from: string; to: string }[] {
  const home = before.toSorted((a, b) => b.calls - a.calls)[0]?.country;
  if (home === undefined) return [];
  return places
    .filter(({ tone }) => tone === 'new')
    .map(({ country }) => ({ from: home, to: country }));
}

/** Where calls came from, where that is part of what is odd. */
export function Places({ id, findings }: { id: string; findings: Finding[] }): ReactNode {
  const matters = findings.some(({ family }) => GEOGRAPHIC.has(family));
  const { data } = useQuery({ ...queries.places(id), enabled: matters });
  if (!matters || (data !== undefined && data.during.length === 0)) return null;
  const places = data === undefined ? [] : placesOf(data.before, data.during);
  return (
    <Panel
      title="Where from"
      aside={<span className="tw-dimmed">the fortnight before, and now</span>}
    >
      <div className="tw-map-frame">
        <Suspense>
          {data !== undefined && (
            <WorldMap
              label="Countries that calls came from"
              places={places}
              ways={waysOf(data.before, places)}
            />
          )}
        </Suspense>
      </div>
      <div className="tw-legend">
        <span className="tw-key tw-key-home">usual</span>
        <span className="tw-key tw-key-new">new</span>
      </div>
    </Panel>
  );
}
