import { SEVERITIES } from '../model/severity.ts';
import type { Severity } from '../model/severity.ts';
import type { Params } from './db.ts';

/** The severities at or above a floor; all of them when there is none. */
export function severitiesFrom(floor: Severity | undefined): Severity[] {
  return SEVERITIES.slice(floor === undefined ? 0 : SEVERITIES.indexOf(floor));
}

/** A filter as query parameters: what was not asked for is left out, as the client demands. */
export function definedParams(filter: object): Params {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}
