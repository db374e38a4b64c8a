import { dueNotice } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { moment, span } from '../words.ts';

/** A token's dates at a moment; epoch ms, 0: not known. */
export interface AgeWindow {
  issuedAt: number;
  expiresAt: number;
  /** Since when it is known. */
  since: number;
  /** Its last call. */
  last: number;
  /** The moment at which it is judged. */
  at: number;
}

/** What is allowed, ms. */
export interface AgePolicy {
  maxLifetime: number;
  rotateWithin: number;
  expiryNotice: number;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The policy that examples share. */
export const AGE_POLICY: AgePolicy = {
  maxLifetime: 365 * DAY,
  rotateWithin: 180 * DAY,
  expiryNotice: 48 * HOUR,
};

/** A token that was issued a month ago. */
export const MONTH_OLD: AgeWindow = {
  issuedAt: MONDAY - 30 * DAY,
  expiresAt: MONDAY + 60 * DAY,
  since: MONDAY - 30 * DAY,
  last: MONDAY - HOUR,
  at: MONDAY,
};

/** A token is about to expire: told once, and again only of its successor. */
export const lifecycleExpiring = defineDetection<AgeWindow, AgePolicy>({
  id: 'lifecycle.expiring',
  title: 'Token about to expire',
  family: 'lifecycle',
  severity: 'low',
  owasp: ['API2:2023'],
  attack: [],
  parameters: {},
  blindSpots: [
    'Tokens that do not state their expiry and are not registered with one.',
    'Tokens that live no longer than the notice (access tokens of an hour): they are renewed by themselves.',
  ],
  runbook: [
    'Have the owner rotate the token before it expires, and see that the new one is in use.',
    'If it is no longer needed, let it expire and delete its registration.',
  ],
  detect: (window, { expiryNotice }) => {
    const left = window.expiresAt - window.at;
    if (window.expiresAt === 0 || left <= 0 || left > expiryNotice) return null;
    if (window.issuedAt > 0 && window.expiresAt - window.issuedAt <= expiryNotice) return null;
    return dueNotice({
      value: new Date(window.expiresAt).toISOString(),
      explanation:
        `Expires at ${moment(window.expiresAt)}, in ${span(left)}; usual is to have rotated it ` +
        `${span(expiryNotice)} before. There is one notice for each token.`,
      seen: Math.round(left / HOUR),
      usual: `more than ${span(expiryNotice)} left`,
      unit: 'hours until the expiry',
      threshold: Math.round(expiryNotice / HOUR),
      facts: {
        expires_at: moment(window.expiresAt),
        last_used: window.last === 0 ? 'never' : moment(window.last),
      },
      from: Math.max(window.since, window.at - DAY),
      to: window.at + 1,
    });
  },
  examples: {
    quiet: [
      { name: 'two months left', window: MONTH_OLD, baseline: AGE_POLICY },
      {
        name: 'an access token of an hour',
        window: { ...MONTH_OLD, issuedAt: MONDAY - HOUR / 2, expiresAt: MONDAY + HOUR / 2 },
        baseline: AGE_POLICY,
      },
    ],
    firing: [
      {
        name: 'a day and a half left',
        window: { ...MONTH_OLD, expiresAt: MONDAY + 36 * HOUR },
        baseline: AGE_POLICY,
      },
    ],
  },
});
