import type { Db } from '../../store/db.ts';
import type { FreshValue } from '../../store/detection/fresh.ts';
import { readCountryHours, readTrails } from '../../store/detection/values.ts';
import type { CountryHours, Trail } from '../../store/detection/values.ts';
import { RELAYS } from '../detections/geography-new-country.ts';
import { alternationBits, impossibleSwitches, pastSwitches } from '../geography/travel.ts';
import type { Stop, Switch } from '../geography/travel.ts';
import { DETECTIONS } from '../registry.ts';
import { HOUR_MS, hourOf } from '../volume/calendar.ts';
import { FLOOR } from './judged.ts';
import type { Judged } from './judged.ts';

/**
 * Judges the travels within the last hour of tokens that showed a country they are not known for.
 *
 * @param until end of the hour looked at, event time, epoch ms
 */
export async function judgeTravel(
  db: Db,
  until: number,
  values: readonly FreshValue[],
  into: Judged,
): Promise<void> {
  const clients = new Map<string, string>();
  for (const one of values) {
    if (one.dimension === 'country') clients.set(one.tokenHash, one.clientId);
  }
  if (clients.size === 0) return;
  const range = { from: until - HOUR_MS, to: until };
  const trails = await readTrails(db, range, [...clients.keys()]);
  if (trails.length === 0) return;
  const tokens = trails.map((trail) => trail.tokenHash);
  const records = await readCountryHours(db, hourOf(until), tokens);
  const recordOf = new Map(records.map((record) => [record.tokenHash, record]));
  for (const trail of trails) {
    const record = recordOf.get(trail.tokenHash);
    const clientId = clients.get(trail.tokenHash) ?? '';
    judgeSwitches(trail, clientId, impossibleSwitches(stopsOf(trail)), record, into);
  }
}

/** A trail's calls as stops. */
export function stopsOf(trail: Trail): Stop[] {
  return trail.times.map((time, i) => ({
    time,
    country: trail.countries[i] ?? '',
    relay: RELAYS.has(trail.kinds[i] ?? ''),
  }));
}

/** Judges the impossible switches of a token within an hour. */
export function judgeSwitches(
  trail: Trail,
  clientId: string,
  switches: readonly Switch[],
  record: CountryHours | undefined,
  into: Judged,
): void {
  const [first] = switches;
  const last = switches.at(-1);
  if (first === undefined || last === undefined) return;
  const past = pastSwitches(record?.several ?? []);
  const activeHours = record?.active ?? 0;
  const bits = alternationBits(switches.length, past, activeHours);
  if (bits < FLOOR) return;
  const key = trail.tokenHash;
  const time = last.arrived;
  const common = { entity: 'token', key, clientId, value: '', stratum: 0, excess: 0 } as const;
  into.surprises.push({ ...common, dimension: 'travel', time, bits });
  const detection = DETECTIONS.geographyImpossibleTravel;
  const window = { switches, start: first.left, end: time + 1 };
  const noticed = detection.detect(window, { past, activeHours }, detection.parameters);
  if (noticed === null) return;
  const entity = { kind: 'token', key, tokenHash: key, clientId } as const;
  into.notices.push({ detection, entity, noticed, moment: hourOf(time) });
}
