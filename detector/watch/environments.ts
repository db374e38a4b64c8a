import { readMismatches } from '../../store/detection/environments.ts';
import type { Mismatch } from '../../store/detection/environments.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { DETECTIONS } from '../registry.ts';
import { noticesOf, tokenEntity } from './notice.ts';
import type { Watch } from './watch.ts';

function judge(one: Mismatch): OpenNotice[] {
  const detection = DETECTIONS.environmentMismatch;
  return noticesOf({
    detection,
    entity: tokenEntity(one.tokenHash, one.clientId),
    noticed: detection.detect(one, { approved: false }, detection.parameters),
    decidedAt: one.time,
    calls: one.calls,
  });
}

/** Tokens in environments they were not minted for, and what they recorded there. */
export const environments: Watch = {
  concern: 'environments',
  pace: 'tick',
  look: async (db, scope) => (await readMismatches(db, scope)).flatMap(judge),
};
