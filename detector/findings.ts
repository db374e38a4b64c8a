import { findingId } from '../model/finding.ts';
import type { EntityKind, Finding } from '../model/finding.ts';
import type { TokenHash } from '../model/hash.ts';
import type { CallsSummary } from '../store/detection/evidence.ts';
import type { DetectionCard, Noticed } from './detection.ts';

/** Who a finding is about. */
export interface Entity {
  kind: EntityKind;
  /** Key in the detector's tables, lower-case hex: the token's hash, or that of the id or name. */
  key: string;
  tokenHash: string;
  clientId: string;
  /** Of an endpoint (service, method, route) or a service. */
  name?: string;
}

/** Something noticed of an entity, before it is decided whether to raise it. */
export interface Notice {
  detection: DetectionCard;
  entity: Entity;
  noticed: Noticed;
  /** Deterministic parts of the id besides detection, entity and value: the moment it belongs to. */
  moment: number | string;
}

/** Risk shown to people, 0 to 100: 50 at the threshold, 100 at twice its bits. */
export function riskOf(noticed: Noticed): number {
  if (noticed.thresholdBits <= 0) return 100;
  const risk = (50 * noticed.bits) / noticed.thresholdBits;
  return Math.round(10 * Math.min(100, Math.max(0, risk))) / 10;
}

/** The id that a notice has as a finding. */
export function noticeId(notice: Notice): string {
  const { detection, entity, noticed, moment } = notice;
  return findingId([detection.id, entity.kind, entity.key, noticed.value, moment]);
}

/** A notice as the finding that is kept, with what its calls tell. */
export function findingFrom(notice: Notice, calls: CallsSummary, detectedAt: number): Finding {
  const { detection, entity, noticed } = notice;
  const { evidence } = noticed;
  return {
    id: noticeId(notice),
    detection: detection.id,
    family: detection.family,
    title: detection.title,
    severity: detection.severity,
    score: riskOf(noticed),
    bits: Math.round(noticed.bits * 100) / 100,
    entity: entity.kind,
    tokenHash: entity.tokenHash as TokenHash,
    clientId: entity.clientId,
    ...(entity.name === undefined ? {} : { name: entity.name }),
    service: calls.service,
    environment: calls.environment,
    windowStart: noticed.windowStart,
    windowEnd: noticed.windowEnd,
    firstCallAt: calls.firstCallAt === 0 ? noticed.windowStart : calls.firstCallAt,
    detectedAt,
    calls: Math.max(1, calls.calls),
    explanation: noticed.explanation,
    evidence: {
      ...evidence,
      facts: {
        ...evidence.facts,
        routes: calls.routes,
        countries: calls.countries,
        network_kinds: calls.networkKinds,
        denied_calls: calls.denied,
      },
      unknown: unknownOf(evidence.unknown ?? [], calls),
      traceIds: calls.traceIds,
    },
  };
}

function unknownOf(said: readonly string[], calls: CallsSummary): string[] {
  const unknown = [...said];
  if (calls.countries.length === 0) unknown.push('the country of the calls is not known');
  if (calls.traceIds.length === 0) unknown.push('no traces came with the calls');
  return unknown;
}
