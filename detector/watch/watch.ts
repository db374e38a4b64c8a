import type { DetectorConfig } from '../../config/detector.ts';
import type { Db } from '../../store/db.ts';
import type { Concern } from '../../store/detection/concerns.ts';
import type { Scope } from '../../store/detection/scope.ts';
import type { OpenNotice } from '../judge/judged.ts';

/**
 * Looks at the calls of a range for what needs no learnt baseline: a question to the store, and
 * detections that judge the answer. The same watch runs live (calls by arrival, with an overlap) and
 * in a backtest (calls by event time, half a day at a time), so a notice must not depend on where the
 * range begins or ends: give it a `moment` that makes it the same notice again.
 */
export interface Watch {
  /** It is run only when a call of the range concerns it; where absent, always. */
  concern?: Concern;
  /** Live: every tick; once in 20 s, over the calls of the last five minutes; or every five minutes. */
  pace: 'tick' | 'slow' | 'rare';
  /** It compares everything with everything: of several detectors the first one looks. */
  once?: true;
  /** Slow ones: it asks token by token, so that of many tokens a part can be asked about at a time. */
  byToken?: true;
  /** Reads and judges; what it notices, with `decidedAt` set. */
  look: (db: Db, scope: Scope, settings: DetectorConfig) => Promise<OpenNotice[]>;
}
