import { Suspense, lazy } from 'react';
import type { ReactNode } from 'react';
import type { SeenValue } from '../api-types.ts';
import { Panel } from '../ui/Panel.tsx';
import { isNew } from './new-values.ts';

const WorldMap = lazy(async () => import('../map/WorldMap.tsx'));

/** Countries on a map, those that are new in red. */
export function SeenMap({ countries }: { countries: SeenValue[] }): ReactNode {
  if (countries.length === 0) return null;
  const places = countries.map((one) => ({
    ...{ country: one.value, calls: one.calls },
    tone: isNew(one, countries) ? ('new' as const) : ('usual' as const),
  }));
  return (
    <Panel title="Where from" aside={<span className="tw-count">{countries.length}</span>}>
      <div className="tw-map-frame">
        <Suspense>
          <WorldMap label="Countries that calls came from" places={places} />
        </Suspense>
      </div>
    </Panel>
  );
}
