import type { Severity } from './severity.ts';

/** What a silence asks of an incident: as a route's `match`, see `config/routes.ts`. */
export interface SilenceMatch {
  min_severity?: Severity | undefined;
  severity?: string | string[] | undefined;
  detection?: string | string[] | undefined;
  client?: string | string[] | undefined;
  service?: string | string[] | undefined;
  environment?: string | string[] | undefined;
  token?: string | string[] | undefined;
  entity?: string | string[] | undefined;
  campaign?: boolean | undefined;
}

/** While it is in force, nobody is told of what it matches; incidents are kept all the same. */
export interface Silence {
  id: string;
  match: SilenceMatch;
  /** Who answers for it. */
  owner: string;
  comment: string;
  createdAt: number;
  /** Epoch ms; in force from `startsAt` until just before `endsAt`. */
  startsAt: number;
  endsAt: number;
}
