import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { count, plural } from '../words.ts';

/** Calls to paths beyond the bound of their service; epoch ms. */
export interface CappedWindow {
  service: string;
  first: number;
  last: number;
  calls: number;
  /** Answered 400 or above. */
  notFound: number;
  addresses: number;
  tokens: number;
}

const many: CappedWindow = {
  ...{ service: 'payments', first: MONDAY, last: MONDAY + 60_000 },
  ...{ calls: 40_000, notFound: 39_990, addresses: 3, tokens: 1 },
};

/** So many distinct paths were asked of a service that they are no longer told apart. */
export const inventoryRouteCap = defineDetection<CappedWindow, object>({
  id: 'inventory.route-cap',
  title: 'Too many distinct paths: a scanner, or identifiers in paths',
  family: 'inventory',
  severity: 'medium',
  owasp: ['API9:2023', 'API4:2023'],
  attack: ['T1595.003'],
  parameters: {},
  blindSpots: [
    'Services that report route templates: a scanner shows as denied and unknown routes, and only the 2,001st route is capped.',
    'After the cap, new routes of the service are not told apart until the next day (UTC); paths that answer and paths that are refused have room of their own.',
  ],
  runbook: [
    'If most were answered 404, somebody scans the service: block the addresses at the gateway.',
    'If they were answered, the paths hold identifiers that look like words: have the service report http.route.',
  ],
  detect: (window) => {
    if (window.calls === 0) return null;
    return certainly({
      explanation:
        `More than 500 distinct paths, or 2,000 routes, of ${window.service} today: ${plural(window.calls, 'call')} ` +
        `lately went to paths that are kept as /{other}, ${count(window.notFound)} of them refused; ` +
        'usual is that paths repeat.',
      seen: window.calls,
      usual: 'at most 500 distinct paths, or 2,000 routes a day',
      threshold: 500,
      unit: 'calls beyond the bound',
      facts: {
        ...{ refused: window.notFound, addresses: window.addresses, tokens: window.tokens },
      },
      from: window.first,
      to: window.last + 1,
    });
  },
  examples: {
    quiet: [{ name: 'none beyond', window: { ...many, calls: 0 }, baseline: {} }],
    firing: [{ name: 'a scanner', window: many, baseline: {} }],
  },
});
