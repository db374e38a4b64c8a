import type { Mismatch } from '../../store/detection/fresh.ts';
import { DETECTIONS } from '../registry.ts';
import type { Judged } from './judged.ts';

/** Judges tokens in environments they were not minted for: once per token and environment. */
export function judgeEnvironments(mismatches: readonly Mismatch[], into: Judged): void {
  const detection = DETECTIONS.environmentMismatch;
  for (const one of mismatches) {
    const { tokenHash, clientId } = one;
    const noticed = detection.detect(one, { approved: false }, detection.parameters);
    if (noticed === null) continue;
    const entity = { kind: 'token', key: tokenHash, tokenHash, clientId } as const;
    into.notices.push({ detection, entity, noticed, moment: 'once' });
  }
}
