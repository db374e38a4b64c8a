import type { Incident, IncidentStatus } from '../../model/incident.ts';
import type { FindingSummary } from '../../model/incident-event.ts';
import type { Severity } from '../../model/severity.ts';

/** OCSF 1.9, class 2004 (Detection Finding) of category 2 (Findings). */
const CLASS = 2004;
const SCHEMA = '1.9.0';

/** 1 informational … 5 critical, 6 fatal. */
const SEVERITY_ID: Record<Severity, number> = { low: 2, medium: 3, high: 4, critical: 5 };
/** 1 new, 2 in progress, 3 suppressed, 4 resolved. */
const STATUS_ID: Record<IncidentStatus, number> = {
  open: 1,
  acknowledged: 2,
  resolved: 4,
  false_positive: 3,
};

function activityOf({ status, version }: Incident): number {
  if (status === 'resolved' || status === 'false_positive') return 3;
  // 1 create, 2 update: opened and the first finding are two events.
  return version <= 2 ? 1 : 2;
}

/** 1 low, 2 medium, 3 high: how sure, from the surprise in bits. */
function confidenceOf(bits: number): number {
  if (bits >= 30) return 3;
  return bits >= 15 ? 2 : 1;
}

function analysisOf(finding: FindingSummary): Record<string, unknown> {
  const { seen, usual } = finding.evidence;
  return {
    analysis_targets: [{ name: finding.detection, type: finding.family }],
    anomalies: [
      {
        observation_parameter: finding.evidence.unit ?? finding.family,
        observed_pattern: String(finding.evidence.value ?? seen),
        observations: [{ value: String(seen) }],
      },
    ],
    ...(usual === undefined
      ? {}
      : {
          baselines: [
            {
              observation_parameter: finding.evidence.unit ?? finding.family,
              observed_pattern:
                typeof usual === 'string' ? usual : `${String(usual.low)} to ${String(usual.high)}`,
              observations: [],
            },
          ],
        }),
  };
}

/**
 * An incident as an OCSF Detection Finding.
 *
 * @param at epoch ms of the export
 * @param version of tokenwatch
 */
export function detectionFinding(
  incident: Incident,
  { at, version }: { at: number; version: string },
): Record<string, unknown> {
  const activity = activityOf(incident);
  const verdict = { resolved: 2, false_positive: 1 }[incident.status as string];
  return {
    activity_id: activity,
    category_uid: 2,
    class_uid: CLASS,
    type_uid: CLASS * 100 + activity,
    time: at,
    severity_id: SEVERITY_ID[incident.severity],
    status_id: STATUS_ID[incident.status],
    confidence_id: confidenceOf(incident.bits),
    risk_score: Math.round(incident.score),
    message: incident.explanation,
    metadata: {
      version: SCHEMA,
      product: { name: 'tokenwatch', vendor_name: 'tokenwatch', version },
      uid: `${incident.id}:${String(incident.version)}`,
    },
    finding_info: {
      uid: incident.id,
      title: incident.title,
      desc: incident.explanation,
      created_time: incident.openedAt,
      modified_time: incident.updatedAt,
      first_seen_time: incident.firstCallAt,
      analytic: { name: incident.detections[0] ?? '', type_id: 3 },
      types: incident.detections,
    },
    anomaly_analyses: incident.findings.map(analysisOf),
    evidences: incident.findings.map((finding) => ({
      name: finding.title,
      data: { finding: finding.id, explanation: finding.explanation, evidence: finding.evidence },
    })),
    resources: [
      { type: 'API client', name: incident.clientId },
      ...(incident.tokenHash === ''
        ? []
        : [{ type: 'API token (keyed hash)', uid: incident.tokenHash }]),
    ],
    ...(verdict === undefined ? {} : { verdict_id: verdict }),
  };
}
