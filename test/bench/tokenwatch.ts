/** tokenwatch's own findings on a loaded data set, through the backtest that users run. */
import { backtest } from '../../detector/backtest.ts';
import type { Finding } from '../../model/finding.ts';
import type { Db } from '../../store/db.ts';
import type { Alarm } from './score.ts';

/** True statements about upkeep that concern no attack; the simulation does rotate late. */
const UPKEEP: ReadonlySet<string> = new Set([
  'lifecycle.expiring',
  'lifecycle.lifetime-over-policy',
  'lifecycle.overlap',
  'lifecycle.rotation-overdue',
]);

/** Findings of the moments in [from, until), epoch ms; all that came before is history. */
export async function findingsOf(
  db: Db,
  range: { from: number; until: number },
  progress: (share: number) => void = () => undefined,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  await backtest({
    ...{ db, from: range.from, to: range.until },
    onFinding: (finding) => {
      if (!UPKEEP.has(finding.detection)) findings.push(finding);
    },
    onProgress: (done, total) => {
      progress(done / total);
    },
  });
  return findings;
}

/** A finding as the moment at which somebody is told. */
export function asAlarm(finding: Finding): Alarm {
  const { detectedAt, tokenHash, clientId, detection } = finding;
  const token = finding.entity === 'token' ? tokenHash : '';
  return { at: detectedAt, tokenHash: token, client: clientId, detection };
}
