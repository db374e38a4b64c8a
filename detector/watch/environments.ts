import type { Db } from '../../store/db.ts';
import { readMismatches } from '../../store/detection/environments.ts';
import type { Mismatch } from '../../store/detection/environments.ts';
import { readRefuted } from '../../store/detection/verdicts.ts';
import { environmentName } from '../detections/environment-mismatch.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { DETECTIONS } from '../registry.ts';
import { clientKey } from '../volume/book.ts';
import { noticesOf, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';

/** Where tokens and clients were approved: by calling an incident of this detection a false positive. */
async function readApproved(db: Db): Promise<Set<string>> {
  const refuted = await readRefuted(db, 0);
  const { id } = DETECTIONS.environmentMismatch;
  return new Set(
    refuted.filter((one) => one.detection === id).map((one) => nameOf(one.key, one.value)),
  );
}

function nameOf(key: string, environment: string): string {
  return `${key}\0${environmentName(environment)}`;
}

function judge(one: Mismatch, allowed: ReadonlySet<string>): OpenNotice[] {
  const keys = [one.tokenHash, ...(one.clientId === '' ? [] : [clientKey(one.clientId)])];
  const approved = keys.some((key) => allowed.has(nameOf(key, one.environment)));
  const detection = DETECTIONS.environmentMismatch;
  return noticesOf({
    detection,
    entity: tokenEntity(one.tokenHash, one.clientId),
    noticed: detection.detect(one, { approved }, detection.parameters),
    decidedAt: one.time,
    calls: one.calls,
  });
}

/** Tokens in environments they were not minted for, and what they recorded there. */
export const environments: Watch = {
  concern: 'environments',
  pace: 'tick',
  look: async (db, scope) => {
    const found = await readMismatches(db, scope);
    if (found.length === 0) return [];
    const allowed = await readApproved(db);
    return found.flatMap((one) => judge(one, allowed));
  },
};
