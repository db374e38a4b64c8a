import type { Db } from '../../store/db.ts';
import type { FreshValue } from '../../store/detection/fresh.ts';
import { readSurprises } from '../../store/detection/surprises.ts';
import type { SurpriseRow } from '../../store/detection/surprises.ts';
import {
  readOwnValues,
  readPrograms,
  readShares,
  readTokenCounts,
  readUptakes,
} from '../../store/detection/values.ts';
import type { TokenCount, TokenProgram, Uptake } from '../../store/detection/values.ts';
import type { Noticed } from '../detection.ts';
import { geographyBits } from '../detections/geography-new-country.ts';
import type { CountryBaseline } from '../detections/geography-new-country.ts';
import { networkBits } from '../detections/geography-new-network.ts';
import type { Entity } from '../findings.ts';
import type { AnyDetection } from '../registry.ts';
import { DETECTIONS } from '../registry.ts';
import type { ValueWindow } from '../values/first-use.ts';
import { isReleased } from '../values/release.ts';
import { noveltyBits } from '../values/novelty.ts';
import type { ValueBaseline } from '../values/novelty.ts';
import { HOUR_MS, hourOf } from '../volume/calendar.ts';
import { FLOOR } from './judged.ts';
import type { Judged, LearnThresholds } from './judged.ts';

const DAY_MS = 24 * HOUR_MS;
/** Siblings that take up a value within this time are a deployment, ms. */
export const DEPLOYMENT_MS = 4 * HOUR_MS;

/** Which detections look at a dimension. */
const BY_DIMENSION: Readonly<Record<string, readonly AnyDetection[]>> = {
  scope: [DETECTIONS.scopeBeyondGrant, DETECTIONS.scopeFirstUse],
  route: [DETECTIONS.scopeNewRoute],
  country: [DETECTIONS.geographyNewCountry],
  asn: [DETECTIONS.geographyNewNetwork],
  environment: [DETECTIONS.environmentNew],
};

/** What the store knows about values, fetched for one look. */
interface Known {
  own: Map<string, Record<string, number>>;
  uptakes: Map<string, Uptake>;
  tokens: Map<string, TokenCount>;
  shares: Map<string, number>;
  programs: Map<string, TokenProgram[]>;
}

/** What a release brings: scopes and routes. */
export const BY_RELEASE: ReadonlySet<string> = new Set(['scope', 'route']);

async function fetchKnown(db: Db, hour: number, values: readonly FreshValue[]): Promise<Known> {
  const hashes = values.map((one) => one.tokenHash);
  const clients = values.map((one) => one.clientId);
  const range = { from: hour * HOUR_MS, to: (hour + 1) * HOUR_MS };
  const releasable = values.filter((one) => BY_RELEASE.has(one.dimension));
  const [own, uptakes, tokens, shares, programs] = await Promise.all([
    readOwnValues(db, hour, hashes),
    readUptakes(db, values),
    readTokenCounts(db, clients, range),
    readShares(db, Math.floor((hour * 3600) / 86_400), values),
    readPrograms(
      db,
      releasable.map((one) => one.tokenHash),
    ),
  ]);
  return {
    own: new Map(own.map((one) => [`${one.tokenHash}\0${one.dimension}`, one.counts])),
    uptakes: new Map(
      uptakes.map((one) => [`${one.clientId}\0${one.dimension}\0${one.value}`, one]),
    ),
    tokens,
    shares,
    programs: Map.groupBy(programs, (one) => one.tokenHash),
  };
}

/** How many tokens a client had before a moment, as of that moment: whatever else is looked at beside it. */
function tokensBefore(count: TokenCount | undefined, time: number): number {
  if (count === undefined) return 0;
  return count.before + count.since.filter((since) => since < time).length;
}

/** The baseline of one fresh value as of its first call. */
function baselineOf(fresh: FreshValue, known: Known): ValueBaseline {
  const { tokenHash, clientId, dimension, value, time } = fresh;
  const uptake = known.uptakes.get(`${clientId}\0${dimension}\0${value}`);
  let withIt = 0;
  let siblings = 0;
  uptake?.tokens.forEach((hash, i) => {
    const since = uptake.since[i] ?? Infinity;
    if (hash === tokenHash || since >= time) return;
    withIt += 1;
    if (since >= time - DEPLOYMENT_MS) siblings += 1;
  });
  return {
    counts: known.own.get(`${tokenHash}\0${dimension}`) ?? {},
    clientTokens: Math.max(0, tokensBefore(known.tokens.get(clientId), time) - 1),
    clientTokensWith: withIt,
    siblings,
    share: known.shares.get(`${dimension}\0${value}`) ?? 0,
    ...(BY_RELEASE.has(dimension) && isReleased(known.programs.get(tokenHash) ?? [], time)
      ? { released: true }
      : {}),
  };
}

/** What was called harmless counts as seen in some more hours. */
function withFeedback(baseline: ValueBaseline, fresh: FreshValue, into: Judged): ValueBaseline {
  const { tokenHash, dimension, value } = fresh;
  const worth = into.feedback?.worth(tokenHash, dimension, value) ?? 0;
  if (worth === 0) return baseline;
  const counts = { ...baseline.counts, [value]: (baseline.counts[value] ?? 0) + worth };
  return { ...baseline, counts };
}

/** The strongest surprise of a token in a dimension in [since, until], event time. */
function strongestWithin(
  surprises: readonly SurpriseRow[],
  { key, dimension }: { key: string; dimension: string },
  since: number,
  until: number,
): number {
  let most = 0;
  for (const one of surprises) {
    if (one.key === key && one.dimension === dimension && one.time >= since && one.time <= until)
      most = Math.max(most, one.bits);
  }
  return most;
}

/** A value's surprise as it is kept. */
export function surpriseOf(fresh: FreshValue, bits: number): SurpriseRow {
  return {
    entity: 'token',
    key: fresh.tokenHash,
    clientId: fresh.clientId,
    dimension: fresh.dimension,
    value: fresh.value,
    time: fresh.time,
    bits,
    stratum: 0,
    excess: 0,
  };
}

/** A value worth a look, with its baseline. */
export interface Candidate {
  fresh: FreshValue;
  baseline: ValueBaseline;
}

/**
 * Judges values that tokens are not yet known for. All of them lie in one hour.
 *
 * @param into also read: impossible travel of the same tokens, judged before
 */
export async function judgeValues(
  db: Db,
  hour: number,
  values: readonly FreshValue[],
  into: Judged,
  learn?: LearnThresholds,
): Promise<void> {
  if (values.length === 0) return;
  const known = await fetchKnown(db, hour, values);
  const candidates: Candidate[] = [];
  for (const fresh of values) {
    const baseline = withFeedback(baselineOf(fresh, known), fresh, into);
    const bits = noveltyBits(fresh.dimension, fresh.value, baseline);
    if (bits < FLOOR) continue;
    into.surprises.push(surpriseOf(fresh, bits));
    candidates.push({ fresh, baseline });
  }
  if (candidates.length === 0) return;
  const keys = candidates.map((one) => one.fresh.tokenHash);
  const range = { from: hour * HOUR_MS - DAY_MS, to: (hour + 1) * HOUR_MS };
  const [past, thresholds] = await Promise.all([
    readSurprises(db, keys, range),
    learn?.(keys, hour),
  ]);
  if (thresholds !== undefined) into.thresholds = thresholds;
  const all = [...past, ...into.surprises];
  for (const candidate of candidates) detectValue(candidate, all, into);
}

/**
 * Where a call comes from is judged by several dimensions together: their sum is kept as a surprise
 * of its own.
 *
 * @returns the dimension that the alarm of this value is counted under
 */
function noteComposite(fresh: FreshValue, context: CountryBaseline, into: Judged): string {
  const { dimension, value } = fresh;
  if (dimension === 'country') {
    const bits = geographyBits(noveltyBits(dimension, value, context), context);
    into.surprises.push({ ...surpriseOf(fresh, bits), dimension: 'geography' });
    return 'geography';
  }
  if (dimension === 'asn') {
    into.surprises.push({
      ...surpriseOf(fresh, networkBits(value, context)),
      dimension: 'network',
    });
    return 'network';
  }
  return dimension;
}

/** Lets the detections of its dimension look at a value. */
export function detectValue(
  { fresh, baseline }: Candidate,
  surprises: readonly SurpriseRow[],
  into: Judged,
): void {
  const { tokenHash, clientId, dimension, value, time } = fresh;
  const window: ValueWindow = {
    dimension,
    value,
    time,
    calls: fresh.calls,
    granted: fresh.granted,
  };
  const within = (of: string, span: number): number =>
    strongestWithin(surprises, { key: tokenHash, dimension: of }, time - span, time);
  const context: CountryBaseline = {
    ...baseline,
    networkBits: within('network_kind', DAY_MS),
    alternationBits: within('travel', HOUR_MS),
    networkKind: fresh.networkKind,
  };
  const entity: Entity = { kind: 'token', key: tokenHash, tokenHash, clientId };
  const alarming = noteComposite(fresh, context, into);
  const threshold = into.thresholds?.(alarming, tokenHash, hourOf(time));
  if (threshold !== undefined) context.threshold = threshold;
  for (const detection of BY_DIMENSION[dimension] ?? []) {
    const noticed: Noticed | null = detection.detect(window, context, detection.parameters);
    if (noticed === null) continue;
    into.notices.push({ detection, entity, noticed, moment: hourOf(time) });
    // Beyond the grant says all that a first use says.
    return;
  }
}
