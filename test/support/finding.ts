import type { Finding } from '../../model/finding.ts';
import type { TokenHash } from '../../model/hash.ts';

/** A moment that the examples share: 2026-11-22T10:00:00Z. */
export const MORNING = Date.UTC(2026, 10, 22, 10);

/** A believable finding, with whatever a test wants otherwise. */
export function findingOf(change: Partial<Finding> = {}): Finding {
  return {
    id: 'f1',
    detection: 'volume.surge',
    family: 'volume',
    title: 'Far more calls than usual',
    severity: 'high',
    score: 80,
    bits: 30,
    entity: 'token',
    tokenHash: 'a1'.repeat(32) as TokenHash,
    clientId: 'acme-payments',
    service: 'accounts',
    environment: 'production',
    windowStart: MORNING,
    windowEnd: MORNING + 300_000,
    firstCallAt: MORNING + 1_000,
    detectedAt: MORNING + 300_500,
    calls: 1204,
    explanation:
      "1,204 calls in 5 min; usual at this hour 3–22; peers' 99th percentile 60; would have stayed quiet up to 71.",
    evidence: {
      seen: 1204,
      usual: { low: 3, high: 22 },
      peers: 60,
      threshold: 71,
      unit: 'calls in 5 min',
      facts: { routes: ['/accounts/:id', '/accounts'] },
    },
    ...change,
  };
}
