import type { Notice } from '../../alerting/notifier.ts';
import { tellable } from '../../alerting/routing/notice.ts';
import { correlate } from '../../model/correlate.ts';
import type { Finding } from '../../model/finding.ts';
import { fold } from '../../model/incident.ts';
import { findingOf } from './finding.ts';

/** A notice about an incident of one finding, with a revocation order, as every notifier may get. */
export function noticeOf(change: Partial<Notice> = {}, finding: Partial<Finding> = {}): Notice {
  const incident = fold(
    correlate(null, findingOf(finding), { reopenWithin: 1, falsePositiveFor: 1 }),
  );
  return {
    ...{
      reason: 'first',
      why: 'new incident',
      incident: tellable(incident),
      others: [],
      otherCount: 0,
    },
    ...{ told: [], group: `group of ${incident.id}`, news: incident.findings },
    ...{ link: `https://tokenwatch.example/incidents/${incident.id}`, blast: null },
    order: {
      ...{ tokenHash: incident.tokenHash, tokenId: 'jti-1', clientId: incident.clientId },
      ...{ reason: 'stolen', incidentId: incident.id, requestedBy: 'person:ada' },
      ...{ approvedBy: 'person:bob', blast: null },
    },
    ...change,
  };
}
