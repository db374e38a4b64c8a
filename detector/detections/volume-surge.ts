import { defineDetection } from '../detection.ts';
import { expectationOf } from '../volume/example.ts';
import { noticeSurge, thresholdsOf } from '../volume/surge-finding.ts';
import type { SurgeBaseline, SurgeWindow } from '../volume/surge-finding.ts';

const minute = Date.UTC(2026, 10, 23, 10, 30);

/** Far more calls from one token than its own calendar, its client and its peers let expect. */
export const volumeSurge = defineDetection<SurgeWindow, SurgeBaseline>({
  id: 'volume.surge',
  title: 'Far more calls than usual',
  family: 'volume',
  severity: 'high',
  owasp: ['API4:2023', 'API6:2023'],
  attack: ['T1530', 'T1119'],
  parameters: { bits: 30 },
  blindSpots: [
    'An exfiltration no faster than the token’s busiest usual hours (see volume.drip).',
    'A token under three days old is judged by its client, and leniently.',
    'When all tokens of a client rise together, the client is reported and each token excused in part.',
  ],
  runbook: [
    'See which routes and how many objects the calls touched: reads of many objects are an exfiltration until shown otherwise.',
    'Ask the client whether a batch, a migration or a retry loop was started.',
    'If nobody claims it, revoke the token and list what it read since the first call.',
  ],
  detect: (window, baseline, parameters) =>
    noticeSurge(window, baseline, thresholdsOf(baseline, parameters['bits'] ?? 30), 'this client'),
  examples: {
    quiet: [
      {
        name: 'a busy but believable hour',
        window: { minute, counts: [4, 14, 95, 900] },
        baseline: { expectation: expectationOf(60), move: 1, known: true },
      },
      {
        name: 'few calls, however unusual',
        window: { minute, counts: [7, 7, 7, 7] },
        baseline: { expectation: expectationOf(0.01), move: 1, known: true },
      },
      {
        name: 'the whole client moves',
        window: { minute, counts: [9, 31, 190, 1500] },
        baseline: { expectation: expectationOf(60), move: 4, known: true },
      },
    ],
    firing: [
      {
        name: 'fifty times the usual within five minutes',
        window: { minute, counts: [241, 1204, 1260, 2100] },
        baseline: { expectation: expectationOf(60), move: 1, known: true, peers: 60 },
      },
      {
        name: 'ten times the usual for an hour',
        window: { minute, counts: [10, 50, 600, 2000] },
        baseline: { expectation: expectationOf(60), move: 1, known: true },
      },
    ],
  },
});
