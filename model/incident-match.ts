import type { Incident } from './incident.ts';
import type { EntityKind } from './finding.ts';
import { atLeast } from './severity.ts';
import type { Severity } from './severity.ts';
import type { SilenceMatch } from './silence.ts';

/** What routes, silences and inhibitions look at. */
export interface Labels {
  severity: Severity;
  detections: readonly string[];
  client: string;
  services: readonly string[];
  environments: readonly string[];
  token: string;
  entity: EntityKind;
  campaign: boolean;
}

export function labelsOf(
  incident: Pick<
    Incident,
    | 'severity'
    | 'detections'
    | 'clientId'
    | 'services'
    | 'environments'
    | 'tokenHash'
    | 'entity'
    | 'campaignOf'
  >,
): Labels {
  return {
    severity: incident.severity,
    detections: incident.detections,
    client: incident.clientId,
    services: incident.services,
    environments: incident.environments,
    token: incident.tokenHash,
    entity: incident.entity,
    campaign: incident.campaignOf !== null,
  };
}

/** True when `value` is what the pattern says; `*` stands for any run of characters. */
export function fits(pattern: string, value: string): boolean {
  const pieces = pattern.split('*');
  const [head = ''] = pieces;
  if (pieces.length === 1) return pattern === value;
  const tail = pieces.at(-1) ?? '';
  if (!value.startsWith(head) || value.length < head.length + tail.length || !value.endsWith(tail))
    return false;
  let at = head.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = value.indexOf(piece, at);
    if (found < 0 || found + piece.length > value.length - tail.length) return false;
    at = found + piece.length;
  }
  return true;
}

/** True when any of the patterns fits any of the values; an absent pattern always does. */
export function fitsAny(
  patterns: string | readonly string[] | undefined,
  values: readonly string[],
): boolean {
  if (patterns === undefined) return true;
  const list = typeof patterns === 'string' ? [patterns] : patterns;
  return list.some((pattern) => values.some((value) => fits(pattern, value)));
}

/** True when every value has a pattern that fits it; an absent pattern covers all, a present one not nothing. */
function coversAll(
  patterns: string | readonly string[] | undefined,
  values: readonly string[],
): boolean {
  if (patterns === undefined) return true;
  return values.length > 0 && values.every((value) => fitsAny(patterns, [value]));
}

/**
 * True when a silence or an inhibition may keep an incident quiet: as {@link matches}, but of its
 * detections, services and environments all must be named. What is found beside them is told.
 */
export function covers(match: SilenceMatch, labels: Labels): boolean {
  return (
    matches(match, labels) &&
    coversAll(match.detection, labels.detections) &&
    coversAll(match.service, labels.services) &&
    coversAll(match.environment, labels.environments)
  );
}

/** True when everything that the match asks for holds; an empty match always does. */
export function matches(match: SilenceMatch, labels: Labels): boolean {
  return (
    (match.min_severity === undefined || atLeast(labels.severity, match.min_severity)) &&
    (match.campaign === undefined || match.campaign === labels.campaign) &&
    fitsAny(match.severity, [labels.severity]) &&
    fitsAny(match.detection, labels.detections) &&
    fitsAny(match.client, [labels.client]) &&
    fitsAny(match.service, labels.services) &&
    fitsAny(match.environment, labels.environments) &&
    fitsAny(match.token, [labels.token]) &&
    fitsAny(match.entity, [labels.entity])
  );
}
