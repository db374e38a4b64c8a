import {
  readFastEnumerations,
  readNthObject,
  readSlowEnumerations,
  readUptake,
} from '../../store/detection/objects.ts';
import type { Enumeration } from '../../store/detection/objects.ts';
import { readForeignObjects, readStrayObjects } from '../../store/detection/owners.ts';
import type { Db } from '../../store/db.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** New objects from which on an enumeration is looked at. */
const LEAST = 30;

async function judgeEnumeration(
  db: Db,
  one: Enumeration,
  pace: 'fast' | 'slow',
): Promise<OpenNotice[]> {
  const { tokenHash, clientId, from, reachedAt } = one;
  const before = pace === 'fast' ? from - HOUR : from - HOUR / 4;
  const history = await readUptake(db, { tokenHash, clientId, before });
  const { authorizationEnumeration, authorizationSlowEnumeration } = DETECTIONS;
  const detection = pace === 'fast' ? authorizationEnumeration : authorizationSlowEnumeration;
  const noticed = detection.detect(one, history, detection.parameters);
  if (noticed === null) return [];
  const limit = (noticed.evidence.threshold ?? 0) + 1;
  // Not the first of the objects decided it, but the one that went beyond what is usual.
  const decided = await readNthObject(db, { tokenHash, from, nth: limit });
  const decidedAt = Math.min(one.to, Math.max(reachedAt, decided ?? reachedAt));
  return noticesOf({
    // Tries that were all refused are a matter of less weight than reads.
    detection: { ...detection, severity: one.served === 0 ? 'medium' : detection.severity },
    entity: tokenEntity(tokenHash, clientId),
    noticed,
    decidedAt,
    moment: `${pace} ${String(Math.floor(reachedAt / DAY))}`,
  });
}

async function judgeAll(
  db: Db,
  found: readonly Enumeration[],
  pace: 'fast' | 'slow',
): Promise<OpenNotice[]> {
  const notices: OpenNotice[] = [];
  for (const one of found) notices.push(...(await judgeEnumeration(db, one, pace)));
  return notices;
}

/** Objects: who takes up many of them, and who gets those of others. */
export const objects: readonly Watch[] = [
  {
    concern: 'objects',
    pace: 'slow',
    look: async (db, scope) => {
      const found = await readFastEnumerations(db, scope, LEAST);
      return judgeAll(db, found, 'fast');
    },
  },
  {
    concern: 'objects',
    pace: 'rare',
    look: async (db, scope) => {
      const found = await readSlowEnumerations(db, scope, LEAST);
      return judgeAll(db, found, 'slow');
    },
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
