import type { Db } from '../../store/db.ts';

/** Two runs over the same hours, which read together what both need. */
export interface Pair {
  /** The store as one of the runs sees it; what both ask alike within a step is asked once. */
  db: Db;
  /** Called by each run after a step: resolves when the other has done its own. */
  meet: () => Promise<void>;
  /** A run has ended, well or badly: nobody waits for it any more. */
  leave: () => void;
}

/**
 * Lets two runs go through the same steps side by side. Most of what a replay takes is the asking,
 * and the two differ in what they make of the answers. Answers are kept for one step only.
 *
 * @param betweenSteps done once, when both have ended a step; what it throws ends both runs
 */
export function inStep(db: Db, betweenSteps: () => Promise<void>): Pair {
  const asked = new Map<string, Promise<unknown[]>>();
  let running = 2;
  let waiting: PromiseWithResolvers<undefined>[] = [];
  const goOn = async (): Promise<void> => {
    const met = waiting;
    waiting = [];
    asked.clear();
    try {
      await betweenSteps();
      for (const one of met) one.resolve(undefined);
    } catch (error) {
      for (const one of met) one.reject(error);
    }
  };
  return {
    db: {
      ...db,
      async query<T>(...[sql, params, settings]: Parameters<Db['query']>): Promise<T[]> {
        const key = JSON.stringify([sql, params ?? {}, settings ?? {}]);
        const known = asked.get(key);
        if (known !== undefined) {
          asked.delete(key);
          return (await known) as T[];
        }
        const answer = db.query<T>(sql, params, settings);
        // Each run may change the rows that it was given, so the other has its own.
        const copy = answer.then((rows) => structuredClone(rows));
        copy.catch(() => undefined);
        asked.set(key, copy);
        return answer;
      },
    },
    async meet() {
      const turn = Promise.withResolvers<undefined>();
      waiting.push(turn);
      if (waiting.length >= running) void goOn();
      await turn.promise;
    },
    leave() {
      running -= 1;
      if (running > 0 && waiting.length >= running) void goOn();
    },
  };
}
