import { readMismatches } from '../../store/detection/environments.ts';
import type { Mismatch } from '../../store/detection/environments.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { DETECTIONS } from '../registry.ts';
import type { Watch } from './watch.ts';

function judge(one: Mismatch): OpenNotice | null {
  const detection = DETECTIONS.environmentMismatch;
  const { tokenHash, clientId, time } = one;
  const noticed = detection.detect(one, { approved: false }, detection.parameters);
  if (noticed === null) return null;
  const entity = { kind: 'token', key: tokenHash, tokenHash, clientId } as const;
  return { detection, entity, noticed, moment: 'once', decidedAt: time };
}

/** Tokens in environments they were not minted for: once per token and environment. */
export const environments: Watch = {
  concern: 'environments',
  look: async (db, scope) =>
    (await readMismatches(db, scope)).map(judge).filter((notice) => notice !== null),
};
