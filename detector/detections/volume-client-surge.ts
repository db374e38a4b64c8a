import { defineDetection } from '../detection.ts';
import { expectationOf } from '../volume/example.ts';
import { noticeSurge, thresholdsOf } from '../volume/surge-finding.ts';
import type { SurgeBaseline, SurgeWindow } from '../volume/surge-finding.ts';

const minute = Date.UTC(2026, 10, 23, 10, 30);

/** The tokens of one client together make far more calls than usual. */
export const volumeClientSurge = defineDetection<SurgeWindow, SurgeBaseline>({
  id: 'volume.client-surge',
  title: 'A client makes far more calls than usual',
  family: 'volume',
  severity: 'medium',
  owasp: ['API4:2023', 'API6:2023'],
  attack: ['T1530', 'T1498'],
  parameters: { bits: 55 },
  blindSpots: [
    'A rise of one small token drowns in a large client; volume.surge sees it.',
    'Clients without an id are not summed up.',
  ],
  runbook: [
    'See whether one token makes up the rise (then its own incident counts) or all of them.',
    'If all: ask the client about a campaign, an incident of their own or a leaked set of keys.',
  ],
  detect: (window, baseline, parameters) =>
    noticeSurge(window, baseline, thresholdsOf(baseline, parameters['bits'] ?? 55), 'any client'),
  examples: {
    quiet: [
      {
        name: 'half as much again',
        window: { minute, counts: [60, 250, 2900, 40_000] },
        baseline: { expectation: expectationOf(2000), move: 1, known: true },
      },
    ],
    firing: [
      {
        name: 'thirty times the usual',
        window: { minute, counts: [1000, 5000, 9000, 60_000] },
        baseline: { expectation: expectationOf(2000), move: 1, known: true },
      },
    ],
  },
});
