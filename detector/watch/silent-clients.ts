import type { Db } from '../../store/db.ts';
import { readClientWindows } from '../../store/detection/reporting.ts';
import type { ClientWindows } from '../../store/detection/reporting.ts';
import type { OpenNotice } from '../judge/judged.ts';
import { expectationOf } from '../pipeline/silence.ts';
import { DETECTIONS } from '../registry.ts';
import { clientEntity, noticesOf } from './notice.ts';

const HOUR = 3600;
/** Calls come up to so late, seconds: an hour is looked at once they are there. */
const SETTLED = 600;
/** Windows in which a client may be silent, seconds. */
const WINDOWS = [3 * HOUR, 6 * HOUR];
/** Where more of those that were expected are silent, it is not their doing. */
const MOST = 0.3;
const FEW = 5;

/** Whether a client was expected at all, and what is said of it. */
function judgeClient(one: ClientWindows, end: number): { expected: boolean; notice: OpenNotice[] } {
  const detection = DETECTIONS.volumeSilence;
  let expected = false;
  for (const [i, seconds] of WINDOWS.entries()) {
    const window = one.windows[i];
    if (window === undefined) continue;
    const { byDay, earlier, later } = window;
    const calls = byDay.get(0) ?? 0;
    const ageDays = (end - one.first) / (24 * HOUR);
    const usual = expectationOf({ calls, byDay, shifted: [earlier, later], ageDays });
    if (usual === null) continue;
    expected ||= usual.mean > (detection.parameters['usual'] ?? 20);
    const times = { hours: seconds / HOUR, to: end * 1000, last: one.last * 1000 };
    const notice = noticesOf({
      detection,
      entity: clientEntity(one.clientId),
      noticed: detection.detect({ calls, ...times }, usual, detection.parameters),
      decidedAt: times.to,
      // Once for each silence: while some calls still come, once a day.
      moment: calls === 0 ? `since ${String(one.last)}` : Math.floor(times.to / 86_400_000),
    });
    if (notice.length > 0) return { expected: true, notice };
  }
  return { expected, notice: [] };
}

/**
 * Clients that went silent, while others go on as usual.
 *
 * @param at epoch ms, the server's clock
 */
export async function silentClients(db: Db, at: number): Promise<OpenNotice[]> {
  const end = Math.floor((at / 1000 - SETTLED) / HOUR) * HOUR;
  const judged = (await readClientWindows(db, end, WINDOWS)).map((one) => judgeClient(one, end));
  const notices = judged.flatMap(({ notice }) => notice);
  const expected = judged.filter((one) => one.expected).length;
  return notices.length > Math.max(FEW, MOST * expected) ? [] : notices;
}
