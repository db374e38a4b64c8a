import type { Db } from '../../store/db.ts';
import type { FreshValue } from '../../store/detection/fresh.ts';
import { readCountryHours } from '../../store/detection/country-hours.ts';
import { readTrails } from '../../store/detection/values.ts';
import type { CountryHours } from '../../store/detection/country-hours.ts';
import type { Trail } from '../../store/detection/values.ts';
import { RELAYS } from '../detections/geography-new-country.ts';
import {
  alternationBits,
  impossibleSwitches,
  pastSwitches,
  strangeSwitches,
} from '../geography/travel.ts';
import type { Stop, Switch } from '../geography/travel.ts';
import { DETECTIONS } from '../registry.ts';
import { HOUR_MS, hourOf } from '../volume/calendar.ts';
import { FLOOR, noteSurprise } from './judged.ts';
import type { Judged, LearnThresholds } from './judged.ts';

/** Of a token's impossible switches within an hour, so many are judged one by one. */
const MOST_SWITCHES = 50;

/**
 * Judges the travels of tokens that showed a country they are not known for: at each impossible
 * switch, the hour that ends with it.
 */
export async function judgeTravel(
  db: Db,
  values: readonly FreshValue[],
  into: Judged,
  learn?: LearnThresholds,
): Promise<void> {
  const travellers = travellersAmong(values);
  // Those who called from the new country may have gone home in the meantime.
  const asked = [...travellers].map(([tokenHash, { since, until }]) => ({
    ...{ tokenHash, from: since - HOUR_MS, to: until + HOUR_MS },
  }));
  const trails = (await readTrails(db, asked)).filter(isImpossible);
  const hourFor = ({ tokenHash }: Trail): number => hourOf(travellers.get(tokenHash)?.until ?? 0);
  for (const [hour, some] of Map.groupBy(trails, hourFor)) {
    const tokens = some.map((trail) => trail.tokenHash);
    const [records, thresholds] = await Promise.all([
      readCountryHours(db, hour, tokens),
      learn?.(tokens, hour),
    ]);
    if (thresholds !== undefined) into.thresholds = thresholds;
    const recordOf = new Map(records.map((record) => [record.tokenHash, record]));
    for (const trail of some) {
      const { tokenHash } = trail;
      const { clientId = '', since = Infinity } = travellers.get(tokenHash) ?? {};
      judgeTrail(trail, clientId, recordOf.get(tokenHash), since, into);
    }
  }
}

/** Who showed a new country; the first and the last call that did, epoch ms. */
interface Traveller {
  clientId: string;
  since: number;
  until: number;
}

/** By token, each by its own calls: what others did beside it must not matter. */
function travellersAmong(values: readonly FreshValue[]): Map<string, Traveller> {
  const travellers = new Map<string, Traveller>();
  for (const { dimension, tokenHash, clientId, time } of values) {
    if (dimension !== 'country') continue;
    const before = travellers.get(tokenHash);
    const since = Math.min(before?.since ?? time, time);
    const until = Math.max(before?.until ?? time, time);
    travellers.set(tokenHash, { clientId, since, until });
  }
  return travellers;
}

/** Whether a trail holds any impossible switch at all; most do not. */
export function isImpossible(trail: Trail): boolean {
  return impossibleSwitches(stopsOf(trail)).length > 0;
}

/** Judges a trail at each impossible switch since a moment (event time, epoch ms). */
export function judgeTrail(
  trail: Trail,
  clientId: string,
  record: CountryHours | undefined,
  since: number,
  into: Judged,
): void {
  const stops = stopsOf(trail);
  const pairs = new Set(record?.pairs);
  const strange = (some: readonly Stop[]) => strangeSwitches(impossibleSwitches(some), pairs);
  const ends = strange(stops).map((one) => one.arrived);
  for (const end of ends.filter((time) => time >= since).slice(0, MOST_SWITCHES)) {
    const within = stops.filter((stop) => stop.time <= end && stop.time > end - HOUR_MS);
    judgeSwitches(trail, clientId, strange(within), record, into);
  }
}

/** A trail's calls as stops. */
function stopsOf(trail: Trail): Stop[] {
  return trail.times.map((time, i) => ({
    time,
    country: trail.countries[i] ?? '',
    relay: RELAYS.has(trail.kinds[i] ?? ''),
  }));
}

/** Judges the impossible switches of a token within an hour. */
function judgeSwitches(
  trail: Trail,
  clientId: string,
  switches: readonly Switch[],
  record: CountryHours | undefined,
  into: Judged,
): void {
  const [first] = switches;
  const last = switches.at(-1);
  if (first === undefined || last === undefined) return;
  const past = pastSwitches(record?.several ?? [], new Set(record?.pairs));
  const activeHours = record?.active ?? 0;
  const bits = alternationBits(switches.length, past, activeHours);
  if (bits < FLOOR) return;
  const key = trail.tokenHash;
  const time = last.arrived;
  const learnt = noteSurprise(into, { key, clientId, dimension: 'travel', time, bits });
  const detection = DETECTIONS.geographyImpossibleTravel;
  const window = { switches, start: first.left, end: time + 1 };
  const noticed = detection.detect(window, { past, activeHours, ...learnt }, detection.parameters);
  if (noticed === null) return;
  const entity = { kind: 'token', key, tokenHash: key, clientId } as const;
  into.notices.push({ detection, entity, noticed, moment: hourOf(time), decidedAt: time });
}
