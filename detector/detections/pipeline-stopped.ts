import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { count, list, minutes, moment } from '../words.ts';

/** What all services reported in a window; epoch ms. */
export interface StoppedWindow {
  /** Services of which calls were to be expected, and those of them that went silent. */
  expected: number;
  silent: readonly string[];
  minutes: number;
  to: number;
  /** Slot of the last call of any of them. */
  last: number;
}

/** From so large a share of the services on it is not each of them that went silent. */
const SHARE = 0.8;

const stopped: StoppedWindow = {
  ...{ expected: 5, silent: ['accounts', 'cards', 'loans', 'login', 'payments'] },
  ...{ minutes: 15, to: MONDAY + 900_000, last: MONDAY - 300_000 },
};

/** Nearly all services went silent at once: one finding, for it is the way to tokenwatch that broke. */
export const pipelineStopped = defineDetection<StoppedWindow, object>({
  id: 'pipeline.stopped',
  title: 'Calls stopped arriving',
  family: 'pipeline',
  severity: 'high',
  owasp: ['API9:2023'],
  attack: ['T1562.008'],
  parameters: {},
  blindSpots: [
    'With a single service it cannot be told from that service going silent, which is told instead.',
    'While ClickHouse is away nothing is judged: see /ready and tokenwatch_collector_spool_blocks.',
  ],
  runbook: [
    'See whether the collector takes calls: /ready, tokenwatch_collector_refused_total, its log.',
    'A spool that grows (tokenwatch_collector_spool_blocks) says that they arrive and ClickHouse is behind.',
    'Else the way to it is cut: a gateway collector, a certificate, a sender key, the network.',
  ],
  detect: (window) => {
    const { expected, silent } = window;
    if (silent.length < 2 || silent.length < SHARE * expected) return null;
    return certainly({
      explanation:
        `${count(silent.length)} of ${count(expected)} services went silent at once (${list(silent)}): hardly a call ` +
        `in ${minutes(window.minutes)}, the last at about ${moment(window.last)}; usual are calls of all of them.`,
      seen: silent.length,
      usual: `reports of ${count(expected)} services`,
      threshold: Math.max(1, Math.ceil(SHARE * expected) - 1),
      unit: 'silent services',
      facts: { services: [...silent.slice(0, 20)], last_report: moment(window.last) },
      from: Math.min(window.last, window.to - 60_000 * window.minutes),
      to: window.to,
    });
  },
  examples: {
    quiet: [
      { name: 'one of five', window: { ...stopped, silent: ['loans'] }, baseline: {} },
      {
        name: 'the only one',
        window: { ...stopped, expected: 1, silent: ['loans'] },
        baseline: {},
      },
    ],
    firing: [{ name: 'all of them', window: stopped, baseline: {} }],
  },
});
