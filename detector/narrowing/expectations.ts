import type { Db } from '../../store/db.ts';
import { readExpectedSince } from '../../store/detection/profiles.ts';
import { forgetRooms } from './narrow.ts';
import type { Narrowing } from './narrow.ts';
import type { KnownProfiles } from './standing.ts';

/** Whoever learns may write what is expected of the hour anew: it is looked for so often, ms. */
const STALE_MS = 10_000;

/** What was remembered of what is expected. */
interface Remembered {
  narrowing: Narrowing;
  profiles: KnownProfiles;
}

/** Follows what is expected of the present hour. */
export interface Expectations {
  /** Forgets what is remembered if it was written anew. @param clock the server's, epoch ms */
  follow: (clock: number, remembered: Remembered) => Promise<void>;
  /** It may have been written anew just now. */
  hasChanged: () => void;
}

/** Reads at most every ten seconds when it was written. */
export function followExpectations(db: Db): Expectations {
  let read = -Infinity;
  let since = -Infinity;
  return {
    async follow(clock, { narrowing, profiles }) {
      if (Math.abs(clock - read) < STALE_MS) return;
      const written = await readExpectedSince(db, clock);
      // A block can be seen a little after the time that it is stamped with.
      if (written >= since - STALE_MS) {
        forgetRooms(narrowing);
        profiles.clear();
      }
      read = clock;
      since = clock;
    },
    hasChanged() {
      read = -Infinity;
    },
  };
}
