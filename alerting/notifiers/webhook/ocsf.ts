import type { Incident } from '../../../model/incident.ts';
import type { Severity } from '../../../model/severity.ts';
import type { IncidentTold, Notice } from '../../notifier.ts';

/** OCSF 1.9, class 2004 Detection Finding: numbers as its schema gives them. */
const CLASS_UID = 2004;
const CATEGORY_UID = 2;
const SEVERITY_ID: Record<Severity, number> = { low: 2, medium: 3, high: 4, critical: 5 };
const STATUS_ID: Record<Incident['status'], number> = {
  open: 1,
  acknowledged: 2,
  false_positive: 3,
  resolved: 4,
};

function activityOf(notice: Notice, incident: IncidentTold): number {
  if (incident.closedAt !== 0) return 3;
  return notice.reason === 'first' ? 1 : 2;
}

/** How sure: by chance once in 2^20 or rarer is high, once in 2^10 medium. */
function confidenceId(bits: number): number {
  if (bits >= 20) return 3;
  return bits >= 10 ? 2 : 1;
}

function verdictOf(incident: IncidentTold): object {
  if (incident.status === 'false_positive') return { verdict_id: 1, verdict: 'False Positive' };
  return incident.status === 'resolved' ? { verdict_id: 2, verdict: 'True Positive' } : {};
}

function analysesOf(incident: IncidentTold): object {
  return {
    evidences: incident.findings.map((finding) => ({
      name: finding.detection,
      data: { explanation: finding.explanation, calls: finding.calls, ...finding.evidence },
    })),
    anomaly_analyses: incident.findings.map((finding) => ({
      analysis_targets: [{ name: incident.entity, type: finding.family }],
      anomalies: [
        { observation_parameter: finding.detection, observed_pattern: finding.explanation },
      ],
    })),
  };
}

/**
 * An incident as an OCSF Detection Finding. `finding_info.uid` is the incident's id, so that updates
 * and the closing lead to the same finding.
 *
 * @param at when it is told, epoch ms
 */
export function ocsfBody(notice: Notice, incident: IncidentTold, at: number): object {
  const activity = activityOf(notice, incident);
  return {
    activity_id: activity,
    category_uid: CATEGORY_UID,
    class_uid: CLASS_UID,
    type_uid: CLASS_UID * 100 + activity,
    time: at,
    start_time: incident.firstCallAt,
    severity_id: SEVERITY_ID[incident.severity],
    status_id: STATUS_ID[incident.status],
    confidence_id: confidenceId(incident.bits),
    ...verdictOf(incident),
    risk_score: Math.round(incident.score),
    message: incident.explanation,
    metadata: {
      version: '1.9.0',
      product: { name: 'tokenwatch', vendor_name: 'tokenwatch' },
      uid: `${incident.id}:${String(incident.version)}`,
    },
    finding_info: {
      uid: incident.id,
      title: incident.title,
      desc: incident.explanation,
      created_time: incident.openedAt,
      modified_time: incident.updatedAt,
      first_seen_time: incident.firstCallAt,
      types: incident.detections,
      ...(notice.link === '' ? {} : { src_url: notice.link }),
    },
    ...analysesOf(incident),
    resources: [
      { uid: incident.tokenHash, type: 'API token', owner: { uid: incident.clientId } },
      ...incident.services.map((name) => ({ name, type: 'service' })),
    ].filter((resource) => !('uid' in resource) || resource.uid !== ''),
    unmapped: {
      why: notice.why,
      reason: notice.reason,
      others: notice.others,
      bits: incident.bits,
    },
  };
}
