import type { ReactNode } from 'react';
import { COUNTRIES } from '../../../model/countries.ts';
import { countryName } from '../ui/countries.ts';
import { number } from '../ui/words.ts';
import { LAND } from './land.ts';
import { CANVAS, project } from './projection.ts';

/** Calls from one country. */
export interface MapPlace {
  country: string;
  calls: number;
  tone: 'usual' | 'new';
}

interface Props {
  /** What the map shows, for whoever does not see it; the places are added. */
  label: string;
  places: MapPlace[];
  /** Ways between countries, drawn as arcs. */
  ways?: { from: string; to: string }[];
}

interface Drawn extends MapPlace {
  x: number;
  y: number;
  radius: number;
}

/** The busiest has the largest circle; areas go by the logarithm, so that few calls are seen too. */
function drawn(places: MapPlace[]): Drawn[] {
  const top = Math.log1p(Math.max(1, ...places.map(({ calls }) => calls)));
  return places.flatMap((place) => {
    const at = Object.hasOwn(COUNTRIES, place.country) ? COUNTRIES[place.country] : undefined;
    if (at === undefined) return [];
    const radius = 5 + 11 * Math.sqrt(Math.log1p(place.calls) / top);
    return [{ ...place, ...project(at[0], at[1]), radius }];
  });
}

/** An arc that bends to the north, the more the longer it is. */
function arc(from: Drawn, to: Drawn): string {
  const bend = 0.22 * Math.hypot(to.x - from.x, to.y - from.y);
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 - bend };
  const points = [from, middle, to].map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  return `M${points[0] ?? ''}Q${points[1] ?? ''} ${points[2] ?? ''}`;
}

/** Countries that calls came from, on a map of the world; no tile server, no request. */
export default function WorldMap({ label, places, ways = [] }: Props): ReactNode {
  const all = drawn(places).sort((a, b) => Number(a.tone === 'new') - Number(b.tone === 'new'));
  const byCountry = new Map(all.map((place) => [place.country, place]));
  const words = places.map(
    ({ country, calls, tone }) =>
      `${countryName(country)} ${number(calls)} calls${tone === 'new' ? ', new' : ''}`,
  );
  return (
    <svg
      className="tw-map"
      viewBox={`0 0 ${String(CANVAS.width)} ${String(CANVAS.height)}`}
      role="img"
      aria-label={`${label}: ${words.join('; ')}`}
    >
      <path d={LAND} className="tw-map-land" />
      {ways.map(({ from, to }) => {
        const [start, end] = [byCountry.get(from), byCountry.get(to)];
        if (start === undefined || end === undefined || from === to) return null;
        return <path key={`${from}-${to}`} d={arc(start, end)} className="tw-map-way" />;
      })}
      {all.map(({ country, x, y, radius, tone, calls }) => (
        <g key={country} className="tw-map-place" data-tone={tone}>
          <circle cx={x} cy={y} r={radius} />
          {(tone === 'new' || all.length <= 8) && (
            <text x={x} y={y - radius - 5} textAnchor="middle">
              {country}
            </text>
          )}
          <title>{`${countryName(country)}: ${number(calls)} calls`}</title>
        </g>
      ))}
    </svg>
  );
}
