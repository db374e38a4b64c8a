import type { Db } from '../db.ts';
import { readStageState, writeStageState } from '../stage-state.ts';

/** The global stop of revocations: while it is set, nothing is revoked, whoever approved it. */
export interface RevocationStop {
  stopped: boolean;
  by: string;
  reason: string;
  /** Epoch ms. */
  at: number;
}

const NEVER: RevocationStop = { stopped: false, by: '', reason: '', at: 0 };

/** Whether revocations are stopped; they are not until somebody stops them. */
export async function readRevocationStop(db: Db): Promise<RevocationStop> {
  const kept = (await readStageState(db, 'alerting', 'revocation_stop')) as RevocationStop | null;
  return kept ?? NEVER;
}

/** Stops revocations, or lets them go on; takes effect with the next decision. */
export async function writeRevocationStop(db: Db, stop: RevocationStop): Promise<void> {
  await writeStageState(db, 'alerting', 'revocation_stop', stop);
}
