import type { Db } from '../../store/db.ts';
import { readOutcomeMinutes, readOutcomePast } from '../../store/detection/outcomes.ts';
import type { MinuteRange, OutcomeMinutes, OutcomePast } from '../../store/detection/outcomes.ts';
import type { Entity } from '../findings.ts';
import { FEWEST_DENIED, FEWEST_NOT_FOUND, deniedBits } from '../outcomes/surprise.ts';
import { fewestFor, notFoundBits } from '../outcomes/surprise.ts';
import type { OutcomeBaseline, OutcomeWindow } from '../outcomes/surprise.ts';
import { DETECTIONS } from '../registry.ts';
import { MINUTE_MS } from '../volume/calendar.ts';
import { FLOOR, noteSurprise } from './judged.ts';
import type { Judged, LearnThresholds } from './judged.ts';

const HOUR_MINUTES = 60;
const DAY_MINUTES = 24 * 60;

/** The two kinds of answer that are watched. */
const KINDS = [
  {
    dimension: 'denied',
    outcome: 'denied',
    statuses: [401, 403],
    fewest: FEWEST_DENIED,
    bitsOf: deniedBits,
    detection: DETECTIONS.scopeDeniedBurst,
  },
  {
    dimension: 'not_found',
    outcome: 'notFound',
    statuses: [404],
    fewest: FEWEST_NOT_FOUND,
    bitsOf: notFoundBits,
    detection: DETECTIONS.authorizationNotFoundBurst,
  },
] as const;

type Kind = (typeof KINDS)[number];

const NOTHING_KNOWN: OutcomeBaseline = { calls: 0, denied: 0, notFound: 0, active: 0 };

/**
 * Judges how the calls of some minutes were answered: refusals and missing objects in the 60 minutes
 * that end with each of them. The past is that of the days before the range's last minute.
 *
 * @param only minutes since the epoch to judge, where not all of the range
 */
export async function judgeOutcomes(
  db: Db,
  range: MinuteRange,
  into: Judged,
  options: { only?: ReadonlySet<number>; learn?: LearnThresholds } = {},
): Promise<void> {
  const rows = await readOutcomeMinutes(db, range);
  if (rows.length === 0) return;
  const tokens = rows.map((row) => row.tokenHash);
  const hour = Math.floor(range.last / HOUR_MINUTES);
  const day = Math.floor(range.last / DAY_MINUTES);
  const [pasts, thresholds] = await Promise.all([
    readOutcomePast(db, day, tokens, into.ancestry?.(24 * day)),
    options.learn?.(tokens, hour),
  ]);
  if (thresholds !== undefined) into.thresholds = thresholds;
  const pastOf = new Map<string, OutcomePast>(pasts.map((past) => [past.tokenHash, past]));
  for (const row of rows) {
    const baseline = pastOf.get(row.tokenHash) ?? NOTHING_KNOWN;
    for (const kind of KINDS) judgeRow(row, range, kind, baseline, into, options.only);
  }
}

function judgeRow(
  row: OutcomeMinutes,
  range: MinuteRange,
  kind: Kind,
  past: OutcomeBaseline,
  into: Judged,
  only: ReadonlySet<number> | undefined,
): void {
  const { minutes, calls } = row;
  const counts = row[kind.outcome];
  let start = 0;
  let sumCalls = 0;
  let sum = 0;
  minutes.forEach((minute, i) => {
    sumCalls += calls[i] ?? 0;
    sum += counts[i] ?? 0;
    for (; (minutes[start] ?? minute) <= minute - HOUR_MINUTES; start += 1) {
      sumCalls -= calls[start] ?? 0;
      sum -= counts[start] ?? 0;
    }
    if (minute < range.first || sum < kind.fewest || (counts[i] ?? 0) === 0) return;
    if (only !== undefined && !only.has(minute)) return;
    const window = { minute: minute * MINUTE_MS, calls: sumCalls, count: sum };
    judgeWindow(row, kind, window, { past, inMinute: counts[i] ?? 0 }, into);
  });
}

function judgeWindow(
  row: OutcomeMinutes,
  kind: Kind,
  window: OutcomeWindow,
  { past, inMinute }: { past: OutcomeBaseline; inMinute: number },
  into: Judged,
): void {
  const { detection, dimension, bitsOf } = kind;
  const { tokenHash: key, clientId } = row;
  const bits = bitsOf(window, past);
  if (bits < FLOOR) return;
  const time = window.minute;
  const baseline = { ...past, ...noteSurprise(into, { key, clientId, dimension, time, bits }) };
  const noticed = detection.detect(window, baseline, detection.parameters);
  if (noticed === null) return;
  const entity: Entity = { kind: 'token', key, tokenHash: key, clientId };
  const before = window.count - inMinute;
  into.notices.push({
    detection,
    entity,
    noticed,
    statuses: kind.statuses,
    moment: window.minute,
    crossing: () =>
      Math.max(1, fewestFor(window, baseline, noticed.thresholdBits, bitsOf) - before),
  });
}
