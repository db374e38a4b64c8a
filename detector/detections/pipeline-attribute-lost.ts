import { defineDetection } from '../detection.ts';
import { lnShareTail } from '../statistics/beta-binomial.ts';
import { MONDAY } from '../values/example.ts';
import { count, inEnvironment, odds } from '../words.ts';

/** How many calls of a service carried an attribute; epoch ms. */
export interface LostWindow {
  service: string;
  environment: string;
  /** In plain words: `token hash`. */
  attribute: string;
  calls: number;
  carrying: number;
  from: number;
  to: number;
}

/** The same in the week before. */
export interface CarriedBefore {
  calls7: number;
  carrying7: number;
  days7: number;
}

/** Of its week a service shows so much: more calls do not make the share of a window surer. */
const WORTH = 200;
/** The tail takes time in proportion to the calls. */
const MOST = 2_000;

const lost: LostWindow = {
  ...{ service: 'payments', environment: 'production', attribute: 'token hash' },
  ...{ calls: 400, carrying: 0, from: MONDAY, to: MONDAY + 1_800_000 },
};
const always: CarriedBefore = { calls7: 90_000, carrying7: 89_500, days7: 7 };

/** A service stopped sending something that nearly all of its calls carried. */
export const pipelineAttributeLost = defineDetection<LostWindow, CarriedBefore>({
  id: 'pipeline.attribute-lost',
  title: 'A service stopped sending an attribute',
  family: 'pipeline',
  severity: 'medium',
  owasp: ['API9:2023'],
  attack: ['T1562.008'],
  parameters: { bits: 20, calls: 50, before: 0.9, now: 0.1 },
  blindSpots: [
    'Attributes that a service never sent, or sends with some of its calls only.',
    'Services on their first two days, and those with fewer than fifty calls in six hours.',
    'Only token hash, client address, scope, route and user agent are looked at.',
  ],
  runbook: [
    'See what was released when it began: the instrumentation, a gateway, a redaction rule of a collector.',
    'Without a token hash nothing is said of tokens of this service: put it back first.',
    'If nobody changed anything, somebody may have switched it off: treat the calls since as unwatched.',
  ],
  detect: (window, before, parameters) => {
    const { bits: threshold = 20, calls = 50, before: most = 0.9, now: least = 0.1 } = parameters;
    const usual = before.carrying7 / Math.max(1, before.calls7);
    const share = window.carrying / Math.max(1, window.calls);
    if (window.calls < calls || before.calls7 < 500 || before.days7 < 2) return null;
    if (usual < most || share > least) return null;
    const without = (before.calls7 - before.carrying7 + 1) / (before.calls7 + 2);
    const n = Math.min(MOST, window.calls);
    const missing = Math.floor((1 - share) * n);
    const lnChance = lnShareTail(missing, n, without * WORTH, (1 - without) * WORTH);
    const bits = -lnChance / Math.LN2;
    if (bits <= threshold) return null;
    const where = inEnvironment(window.environment);
    const percent = (part: number): string => `${(100 * part).toFixed(1)}%`;
    return {
      bits,
      thresholdBits: threshold,
      value: `${window.attribute}${where}`,
      explanation:
        `${count(window.carrying)} of ${count(window.calls)} calls of ${window.service}${where} carried a ` +
        `${window.attribute} (${percent(share)}); usual are ${percent(usual)}, ${count(before.carrying7)} of ` +
        `${count(before.calls7)} in the week before; by chance ${odds(bits)}, quiet up to ${odds(threshold)}.`,
      evidence: {
        value: `${window.attribute}${where}`,
        seen: window.carrying,
        usual: `${percent(usual)} of the calls`,
        threshold: Math.floor(least * window.calls),
        unit: `of ${count(window.calls)} calls`,
        facts: { attribute: window.attribute, calls: window.calls },
      },
      windowStart: window.from,
      windowEnd: window.to,
    };
  },
  examples: {
    quiet: [
      { name: 'half of them', window: { ...lost, carrying: 200 }, baseline: always },
      { name: 'few calls', window: { ...lost, calls: 20 }, baseline: always },
      {
        name: 'never carried it',
        window: lost,
        baseline: { ...always, carrying7: 3_000 },
      },
      { name: 'a new service', window: lost, baseline: { ...always, days7: 1 } },
    ],
    firing: [
      { name: 'none any more', window: lost, baseline: always },
      { name: 'hardly any', window: { ...lost, calls: 50_000, carrying: 400 }, baseline: always },
    ],
  },
});
