import { entityKeyOfIncident } from '../../model/incident.ts';
import type { Incident } from '../../model/incident.ts';

/** What two runs over the same calls differ in. */
export interface Compared {
  gained: Incident[];
  lost: Incident[];
  /** In both, and of those with another severity. */
  kept: number;
  changed: number;
}

function overlaps(a: Incident, b: Incident, within: number): boolean {
  return a.openedAt <= b.updatedAt + within && b.openedAt <= a.updatedAt + within;
}

/** Pairs each incident of `left` with one of `right` on the same thing at the same time, each once. */
function pair(
  left: readonly Incident[],
  right: readonly Incident[],
  within: number,
): Map<Incident, Incident> {
  const open = Map.groupBy(right, entityKeyOfIncident);
  const pairs = new Map<Incident, Incident>();
  for (const one of left) {
    const candidates = open.get(entityKeyOfIncident(one)) ?? [];
    const at = candidates.findIndex((other) => overlaps(one, other, within));
    const [other] = at < 0 ? [] : candidates.splice(at, 1);
    if (other !== undefined) pairs.set(one, other);
  }
  return pairs;
}

function gravestFirst(a: Incident, b: Incident): number {
  return b.score - a.score || a.openedAt - b.openedAt;
}

/**
 * Which incidents of one run the other does not have. Two are the same when they are on the same
 * token, client, endpoint or service and follow each other within `within` ms: an incident that
 * another detection opens a little later would have been seen anyway.
 *
 * @returns lists with the gravest first
 */
export function compare(
  before: readonly Incident[],
  after: readonly Incident[],
  within: number,
): Compared {
  const pairs = pair(before, after, within);
  const met = new Set(pairs.values());
  return {
    gained: after.filter((one) => !met.has(one)).sort(gravestFirst),
    lost: before.filter((one) => !pairs.has(one)).sort(gravestFirst),
    kept: pairs.size,
    changed: [...pairs].filter(([one, other]) => one.severity !== other.severity).length,
  };
}
