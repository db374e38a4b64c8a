import {
  SLOT,
  readArrivals,
  readLostAttributes,
  readRedated,
  readReportedWindows,
} from '../../store/detection/reporting.ts';
import type { Arrivals, ReportedWindows } from '../../store/detection/reporting.ts';
import type { Db } from '../../store/db.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { bitsOfSilence, expectationOf } from '../pipeline/silence.ts';
import type { Expectation } from '../pipeline/silence.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, serviceEntity } from './notice.ts';
import type { Watch } from './watch.ts';
import { silentClients } from './silent-clients.ts';
import { DAY_MS } from '../volume/calendar.ts';

/** Calls are given so long to arrive before a slot is looked at, seconds. */
const SETTLED = 60;
/** Windows in which a service may be silent, and may have lost an attribute, seconds. */
const SILENT = [900, 3600, 21_600];
const LOST = [1800, 21_600];
/** The name of the way itself, where all services are concerned. */
const PIPELINE = 'all services';

/** The end of the newest slot that all calls should have arrived of, epoch seconds. */
function endOf(to: number): number {
  return Math.floor((to / 1000 - SETTLED) / SLOT) * SLOT;
}

/** A service of which calls were to be expected in a window. */
interface Expected {
  one: ReportedWindows;
  calls: number;
  usual: Expectation;
}

function expectedIn(reports: readonly ReportedWindows[], end: number, i: number): Expected[] {
  const threshold = DETECTIONS.pipelineSilent.parameters['bits'] ?? 20;
  return reports.flatMap((one) => {
    const window = one.windows[i];
    if (window === undefined) return [];
    const { byDay, earlier, later } = window;
    const usual = expectationOf({
      ...{ calls: byDay.get(0) ?? 0, byDay, shifted: [earlier, later] },
      ageDays: (end - one.first) / 86_400,
    });
    if (usual === null || bitsOfSilence(0, usual) <= threshold) return [];
    return [{ one, usual, calls: byDay.get(0) ?? 0 }];
  });
}

function judgeSilence(reports: readonly ReportedWindows[], end: number): OpenNotice[] {
  const { pipelineSilent: silent, pipelineStopped: stopped } = DETECTIONS;
  const told = new Map<string, OpenNotice>();
  for (const [i, seconds] of SILENT.entries()) {
    const expected = expectedIn(reports, end, i);
    const parts = { minutes: seconds / 60, to: end * 1000 };
    const notices = expected.flatMap(({ one, calls, usual }) => {
      const window = { ...one, ...parts, calls, last: one.last * 1000 };
      return noticesOf({
        detection: silent,
        entity: serviceEntity(one.service),
        noticed: silent.detect(window, usual, silent.parameters),
        decidedAt: parts.to,
        moment: calls === 0 ? `since ${String(one.last)}` : Math.floor(parts.to / DAY_MS),
      });
    });
    const names = new Set(notices.map(({ entity }) => entity.name ?? ''));
    const last = 1000 * Math.max(0, ...expected.map(({ one }) => one.last));
    const all = { expected: new Set(expected.map(({ one }) => one.service)).size, last };
    const [stop] = noticesOf({
      detection: stopped,
      entity: serviceEntity(PIPELINE),
      noticed: stopped.detect({ ...parts, ...all, silent: [...names].sort() }, {}, {}),
      decidedAt: parts.to,
      moment: `since ${String(last)}`,
    });
    // It is the way here, not each of the services.
    if (stop !== undefined) return [stop];
    for (const notice of notices) {
      const key = `${notice.entity.key} ${notice.noticed.value}`;
      if (!told.has(key)) told.set(key, notice);
    }
  }
  return [...told.values()];
}

async function lostAttributes(db: Db, end: number): Promise<OpenNotice[]> {
  const detection = DETECTIONS.pipelineAttributeLost;
  const notices: OpenNotice[] = [];
  for (const seconds of LOST) {
    for (const share of await readLostAttributes(db, end, seconds)) {
      notices.push(
        ...noticesOf({
          detection,
          entity: serviceEntity(share.service),
          noticed: detection.detect(share, share, detection.parameters),
          decidedAt: share.to,
          moment: Math.floor(share.to / DAY_MS),
        }),
      );
    }
  }
  return notices;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** With fewer services nobody can say what is late with all of them. */
const MANY = 3;

function judgeArrivals(arrivals: readonly Arrivals[]): OpenNotice[] {
  const { pipelineClockSkew: skew, pipelineSampled: sampled } = DETECTIONS;
  const usual = { lag: arrivals.length < MANY ? 0 : median(arrivals.map(({ lag }) => lag)) };
  return arrivals.flatMap((one) => {
    const parts = { entity: serviceEntity(one.service), decidedAt: one.last };
    const moment = Math.floor(one.last / DAY_MS);
    const window = { ...one, redated: 0, kind: 'future' } as const;
    return [
      ...noticesOf({
        ...{ ...parts, moment, detection: skew },
        noticed: skew.detect(window, usual, skew.parameters),
      }),
      ...noticesOf({
        ...{ ...parts, moment, detection: sampled },
        noticed: sampled.detect(one, {}, sampled.parameters),
      }),
    ];
  });
}

async function redated(db: Db, to: number): Promise<OpenNotice[]> {
  const detection = DETECTIONS.pipelineClockSkew;
  const start = Math.floor(to / DAY_MS) * DAY_MS;
  const rows = await readRedated(db, new Date(start).toISOString().slice(0, 10));
  return rows.flatMap((row) =>
    noticesOf({
      detection,
      entity: serviceEntity(row.service),
      noticed: detection.detect(
        { ...row, lag: 0, spread: 0, first: start, last: to },
        { lag: 0 },
        detection.parameters,
      ),
      decidedAt: to,
      moment: start / DAY_MS,
    }),
  );
}

/**
 * Whether services report as they should: what goes missing there is what tokenwatch cannot see. It is
 * judged as it arrives; a backtest asks about calls, and says nothing of it. Silence is no call's
 * concern, so the first of these always looks.
 */
export const reporting: readonly Watch[] = [
  {
    pace: 'rare',
    once: true,
    look: async (db, scope) => {
      if (scope.by === 'event') return [];
      const end = endOf(scope.to);
      const silences = judgeSilence(await readReportedWindows(db, end, SILENT), end);
      return [
        ...silences,
        // Where a service is silent, its clients are.
        ...(silences.length > 0 ? [] : await silentClients(db, scope.to)),
        ...(await lostAttributes(db, end)),
        ...(await redated(db, scope.to)),
      ];
    },
  },
  {
    concern: 'calls',
    pace: 'rare',
    once: true,
    look: async (db, scope) =>
      scope.by === 'event' ? [] : judgeArrivals(await readArrivals(db, scope)),
  },
];
