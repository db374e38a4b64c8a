import { readFastEnumerations, readNthObject } from '../../store/detection/objects.ts';
import { readForeignObjects, readStrayObjects } from '../../store/detection/owners.ts';
import { BACKDATED_MS } from '../../store/detection/scope.ts';
import type { Scope } from '../../store/detection/scope.ts';
import {
  readAnswers,
  readClientUptake,
  readFirstFullDay,
  readSlowUptake,
  readTokenUptakes,
  readUsualUptake,
} from '../../store/detection/uptake.ts';
import type { TokenUptake, Uptake } from '../../store/detection/uptake.ts';
import type { Db } from '../../store/db.ts';
import { enumerationLimit, isYoung } from '../detections/authorization-enumeration.ts';
import type {
  EnumerationWindow,
  FirstDay,
  Pace,
  UptakeBaseline,
} from '../detections/authorization-enumeration.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** New objects from which on an enumeration is looked at. */
const leastOf = (parameters: Readonly<Record<string, number>>): number =>
  Math.max(2, Math.ceil(parameters['objects'] ?? 30));

/** Whole hours, and whole days, before a window: what is usual does not depend on when it is looked at. */
const beforeOf = (from: number, pace: Pace): number =>
  pace === 'hour' ? from - HOUR : Math.floor(from / DAY) * DAY;

const NEVER: TokenUptake = { hour: 0, day: 0, days: 0, hours: 0 };

function baselineOf(own: Uptake, client: Uptake): UptakeBaseline {
  return {
    ...{ days: client.days, ownDays: own.days, ownHour: own.hour, ownDay: own.day },
    ...{ clientHour: client.hour, clientDay: client.day },
  };
}

/** A window beyond what its own token ever took up. */
interface Beyond<T> {
  one: T;
  own: TokenUptake;
  /** Up to when the token's past was asked for, epoch ms. */
  before: number;
  /** New objects from which on the window is beyond it. */
  limit: number;
}

/** Windows that each ask for more in a look; of more only the worst are told. */
const MOST_FAST = 200;

/**
 * The windows that are furthest beyond what is usual for their tokens, the worst first; a try that was
 * refused weighs half as much as an object that was served.
 */
export function mostSuspicious<
  T extends { one: { tokenHash: string; served: number; denied: number }; limit: number },
>(windows: readonly T[], most = MOST_FAST): T[] {
  const excess = ({ one, limit }: T): number => (one.served + one.denied / 2) / limit;
  return windows
    .toSorted((a, b) => excess(b) - excess(a) || (a.one.tokenHash < b.one.tokenHash ? -1 : 1))
    .slice(0, most);
}

/** Windows beyond what their own tokens ever took up, which is nearly none; with what they did. */
async function beyondOwn<T extends { tokenHash: string; from: number }>(
  db: Db,
  found: readonly T[],
  pace: Pace,
  objectsOf: (one: T) => number,
): Promise<Beyond<T>[]> {
  const { parameters } = PACES[pace];
  const beyond: Beyond<T>[] = [];
  for (const [before, some] of Map.groupBy(found, ({ from }) => beforeOf(from, pace))) {
    const hashes = some.map((one) => one.tokenHash);
    const uptakes = await readTokenUptakes(db, hashes, before);
    for (const one of some) {
      const own = uptakes.get(one.tokenHash) ?? NEVER;
      const limit = enumerationLimit(baselineOf(own, NEVER), pace, parameters);
      if (objectsOf(one) >= limit) beyond.push({ one, own, before, limit });
    }
  }
  return beyond;
}

const PACES = {
  hour: DETECTIONS.authorizationEnumeration,
  day: DETECTIONS.authorizationSlowEnumeration,
} as const;

interface Judged {
  window: EnumerationWindow & { tokenHash: string; clientId: string };
  baseline: UptakeBaseline;
  decidedAt: number;
}

function noticeOf(pace: Pace, { window, baseline, decidedAt }: Judged): OpenNotice[] {
  const detection = PACES[pace];
  return noticesOf({
    // Tries that were all refused are a matter of less weight than reads, and so is what may be usual.
    detection: {
      ...detection,
      severity: window.served === 0 || baseline.days < 1 ? 'medium' : detection.severity,
    },
    entity: tokenEntity(window.tokenHash, window.clientId),
    noticed: detection.detect(window, baseline, detection.parameters),
    decidedAt,
    moment: `${pace === 'hour' ? 'fast' : 'slow'} ${String(Math.floor(decidedAt / DAY))}`,
  });
}

/** What a fast enumeration is held against; of a client on its first day what others do counts. */
async function hourlyBaseline(
  db: Db,
  { one, own, before }: Beyond<{ clientId: string }>,
  usual: Map<number, Omit<FirstDay, 'ownHours'>>,
): Promise<UptakeBaseline> {
  const baseline = baselineOf(own, await readClientUptake(db, { clientId: one.clientId, before }));
  if (baseline.days >= 1) return baseline;
  const known = usual.get(before) ?? (await readUsualUptake(db, before));
  usual.set(before, known);
  return { ...baseline, firstDay: { ...known, ownHours: own.hours } };
}

async function fastEnumerations(db: Db, scope: Scope): Promise<OpenNotice[]> {
  const { parameters } = PACES.hour;
  const usual = new Map<number, Omit<FirstDay, 'ownHours'>>();
  const windows = await readFastEnumerations(db, scope, leastOf(parameters));
  const beyond = await beyondOwn(db, windows, 'hour', (one) => one.served + one.denied);
  const notices: OpenNotice[] = [];
  for (const found of mostSuspicious(beyond)) {
    const { one } = found;
    const { tokenHash, from, reachedAt } = one;
    const baseline = await hourlyBaseline(db, found, usual);
    // Not the first of the objects decided it, but the one that went beyond what is usual.
    const nth = enumerationLimit(baseline, 'hour', parameters);
    if (!Number.isFinite(nth)) continue;
    const decided = await readNthObject(db, { tokenHash, from, nth });
    const decidedAt = Math.min(one.to, Math.max(reachedAt, decided ?? reachedAt));
    notices.push(...noticeOf('hour', { window: one, baseline, decidedAt }));
  }
  return notices;
}

async function slowEnumerations(db: Db, scope: Scope): Promise<OpenNotice[]> {
  const { parameters } = PACES.day;
  const since = scope.by === 'event' ? scope.from : scope.from - BACKDATED_MS;
  const found = await readSlowUptake(db, scope, { least: leastOf(parameters), since });
  const beyond = await beyondOwn(db, found, 'day', (one) => one.objects);
  const notices: OpenNotice[] = [];
  for (const { one, own, before } of beyond) {
    const { tokenHash } = one;
    const { clientId = '' } = (await readAnswers(db, one)) ?? {};
    const baseline = baselineOf(own, await readClientUptake(db, { clientId, before }));
    const objects = enumerationLimit(baseline, 'day', parameters);
    // A token that follows another takes up at once what its client has long had: that is nothing new.
    const newTo = isYoung(baseline, parameters) ? { clientId } : {};
    // The first day that went beyond what is usual decided it, not the one with the most.
    const asked = { tokenHash, since, until: scope.to, objects, ...newTo };
    const day = await readFirstFullDay(db, asked);
    const answers = day === null ? null : await readAnswers(db, { ...day, ...newTo });
    if (day === null || answers === null) continue;
    const window = { ...day, ...answers };
    notices.push(...noticeOf('day', { window, baseline, decidedAt: day.to - 1 }));
  }
  return notices;
}

/** Objects: who takes up many of them, and who gets those of others. */
export const objects: readonly Watch[] = [
  {
    concern: 'objects',
    pace: 'slow',
    byToken: true,
    look: fastEnumerations,
  },
  {
    concern: 'objects',
    pace: 'rare',
    look: slowEnumerations,
  },
  {
    concern: 'objects',
    pace: 'slow',
    look: async (db, scope) => {
      const detection = DETECTIONS.authorizationOtherClientsObject;
      return (await readStrayObjects(db, scope)).flatMap((one) =>
        noticesOf({
          detection,
          entity: tokenEntity(one.tokenHash, one.clientId),
          noticed: detection.detect(one, one, detection.parameters),
          decidedAt: one.first,
          calls: one.objects,
        }),
      );
    },
  },
  {
    concern: 'foreignOwner',
    pace: 'slow',
    look: async (db, scope) => {
      const detection = DETECTIONS.authorizationOtherOwner;
      return (await readForeignObjects(db, scope)).flatMap((one) =>
        noticesOf({
          detection,
          entity: tokenEntity(one.tokenHash, one.clientId),
          noticed: detection.detect(one, one, detection.parameters),
          decidedAt: one.first,
          calls: one.objects,
        }),
      );
    },
  },
];
