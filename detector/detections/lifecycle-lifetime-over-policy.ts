import { dueNotice } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { moment, span } from '../words.ts';
import { AGE_POLICY, MONTH_OLD } from './lifecycle-expiring.ts';
import type { AgePolicy, AgeWindow } from './lifecycle-expiring.ts';
import { DAY_MS } from '../volume/calendar.ts';

/** A token is to live longer than the policy allows. */
export const lifecycleLifetimeOverPolicy = defineDetection<AgeWindow, AgePolicy>({
  id: 'lifecycle.lifetime-over-policy',
  title: 'Token that lives longer than the policy allows',
  family: 'lifecycle',
  severity: 'low',
  owasp: ['API2:2023', 'API8:2023'],
  attack: [],
  parameters: {},
  blindSpots: ['Tokens that do not state when they were issued and when they expire.'],
  runbook: [
    'Find out who issued it, and by which rule; the issuer should refuse such lifetimes.',
    'Replace it by one that keeps to the policy, or change detector.policy.max_lifetime.',
  ],
  detect: (window, { maxLifetime }) => {
    const lifetime = window.expiresAt - window.issuedAt;
    if (window.issuedAt === 0 || window.expiresAt === 0 || maxLifetime === 0) return null;
    if (lifetime <= maxLifetime) return null;
    return dueNotice({
      explanation:
        `Issued at ${moment(window.issuedAt)} for ${span(lifetime)}; the policy allows up to ` +
        `${span(maxLifetime)}, which is what is usual here.`,
      seen: Math.round(lifetime / DAY_MS),
      usual: `up to ${span(maxLifetime)}`,
      unit: 'days of lifetime',
      threshold: Math.round(maxLifetime / DAY_MS),
      facts: { issued_at: moment(window.issuedAt), expires_at: moment(window.expiresAt) },
      from: window.since,
      to: window.since + 3_600_000,
    });
  },
  examples: {
    quiet: [{ name: 'three months', window: MONTH_OLD, baseline: AGE_POLICY }],
    firing: [
      {
        name: 'ten years',
        window: { ...MONTH_OLD, expiresAt: MONTH_OLD.issuedAt + 3650 * DAY_MS },
        baseline: AGE_POLICY,
      },
    ],
  },
});
