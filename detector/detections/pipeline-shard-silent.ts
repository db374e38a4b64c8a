import { certainly } from '../certain.ts';
import { defineDetection } from '../detection.ts';
import { MONDAY } from '../values/example.ts';
import { minutes, moment } from '../words.ts';

/** A detector of several, as another one sees it; epoch ms of the server's clock. */
export interface ShardWindow {
  /** `2/4` */
  shard: string;
  /** When it last kept how far it had come, or since when the other one waits for it. */
  since: number;
  now: number;
}

const late: ShardWindow = { shard: '2/4', since: MONDAY, now: MONDAY + 420_000 };

/** One of several detectors looks at nothing: its part of the tokens is not judged. */
export const pipelineShardSilent = defineDetection<ShardWindow, object>({
  id: 'pipeline.shard-silent',
  title: 'A detector looks at nothing',
  family: 'pipeline',
  severity: 'high',
  owasp: ['API9:2023'],
  attack: ['T1562.001'],
  parameters: { minutes: 3 },
  blindSpots: [
    'A detector is missed by another one: when all stop, or there is only one, nobody says so (see tokenwatch_stage_up).',
    'One that still looks and is far behind is not silent: see tokenwatch_detector_lag_seconds.',
  ],
  runbook: [
    'See whether the process runs, what its log says, and whether it reaches ClickHouse.',
    'Start it anywhere with the same shard: it goes on where it stopped, and nothing is missed.',
    'With fewer detectors from now on, start all of them with the new number (shard 1/3, 2/3, 3/3).',
  ],
  detect: ({ shard, since, now }, _baseline, parameters) => {
    const limit = parameters['minutes'] ?? 3;
    const silent = (now - since) / 60_000;
    if (silent <= limit) return null;
    return certainly({
      explanation:
        `Detector ${shard} has looked at nothing for ${minutes(Math.floor(silent))}, since ${moment(since)}; ` +
        `usual is a look every second, and up to ${minutes(limit)} nothing is said. ` +
        `Its part of the tokens is not judged until it runs again.`,
      seen: Math.floor(silent),
      usual: 'a look every second',
      threshold: limit,
      unit: 'minutes',
      facts: { shard, since: moment(since) },
      from: since,
      to: now,
    });
  },
  examples: {
    quiet: [{ name: 'a restart', window: { ...late, now: MONDAY + 90_000 }, baseline: {} }],
    firing: [{ name: 'gone for seven minutes', window: late, baseline: {} }],
  },
});
