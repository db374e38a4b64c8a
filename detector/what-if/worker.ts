import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../config/logger.ts';
import { isOver } from '../../model/what-if.ts';
import type { WhatIf } from '../../model/what-if.ts';
import type { Db } from '../../store/db.ts';
import type { Lease } from '../../store/lease.ts';
import { appendWhatIfStep, listWhatIfs, readWhatIf } from '../../store/what-if/questions.ts';
import type { DetectorSettings } from '../parameters.ts';
import { Unanswerable, answerWhatIf } from './answer.ts';

/** How often questions are looked for, and how often progress is told and cancelling noticed, ms. */
const LOOK_EVERY = 2_000;
const TELL_EVERY = 1_000;
/** A question that takes longer is given up, ms. */
const LONGEST = 20 * 60_000;
/** How often one is begun anew when its detector stopped. */
const ATTEMPTS = 3;

export interface WhatIfWorkerOptions {
  db: Db;
  log: Logger;
  /** Epoch ms. */
  now: () => number;
  /** As they are when a question is begun. */
  settings: () => DetectorSettings;
  /** Of several detectors one answers. */
  lease: Lease;
}

/** Answers questions beside the ticks, one at a time. */
export interface WhatIfWorker {
  /** Begins what waits, if anything does; resolves when it is answered or was ended. */
  look: (signal: AbortSignal) => Promise<void>;
}

/** A connection that leaves the store to others: one thread a query, lower priority, bounded memory. */
function modest(db: Db): Db {
  const settings = { max_threads: 1, priority: '10', max_memory_usage: '1500000000' };
  return {
    ...db,
    query: async (sql, params, more) => db.query(sql, params, { ...settings, ...more }),
  };
}

async function answer(
  options: WhatIfWorkerOptions,
  question: WhatIf,
  stopping: AbortSignal,
): Promise<void> {
  const { db, now, lease } = options;
  const cancelled = new AbortController();
  const signal = AbortSignal.any([stopping, cancelled.signal, AbortSignal.timeout(LONGEST)]);
  let told = now();
  const onProgress = async (share: number): Promise<void> => {
    if (Math.abs(now() - told) < TELL_EVERY) return;
    told = now();
    const [kept, current] = await Promise.all([lease.hold(), readWhatIf(db, question.id)]);
    // Cancelled, or another detector believes us gone and has taken it over.
    if (!kept || current === null || isOver(current)) cancelled.abort();
    else await appendWhatIfStep(db, question.id, { kind: 'progress', share });
  };
  const settings = options.settings();
  const result = await answerWhatIf(question, {
    ...{ db: modest(db), settings, now: now(), signal, onProgress },
  });
  await appendWhatIfStep(db, question.id, { kind: 'done', result });
}

/** Why an answer failed, in words for who asked, or null when it was only ended. */
function failureOf(error: unknown, log: Logger): string | null {
  if (error instanceof Unanswerable) return error.message;
  if (error instanceof Error && error.name === 'TimeoutError') {
    return 'It took longer than 20 minutes: ask for fewer days.';
  }
  if (error instanceof Error && error.name === 'AbortError') return null;
  log.error({ err: error }, 'a what-if question could not be answered');
  return 'Something went wrong; it was written to the detector’s log.';
}

async function take(
  options: WhatIfWorkerOptions,
  question: WhatIf,
  signal: AbortSignal,
): Promise<void> {
  const { db, log } = options;
  const attempt = question.attempts + 1;
  if (attempt > ATTEMPTS) {
    const reason = `The detector stopped ${String(ATTEMPTS)} times while at it.`;
    await appendWhatIfStep(db, question.id, { kind: 'failed', reason });
    return;
  }
  await appendWhatIfStep(db, question.id, { kind: 'started', attempt });
  log.info(
    { question: question.id, detection: question.detection },
    'answering a what-if question',
  );
  try {
    await answer(options, question, signal);
  } catch (error) {
    // A timeout aborts with itself as the reason, wherever the run is.
    const reason = failureOf(reasonOf(error), log);
    if (reason !== null) await appendWhatIfStep(db, question.id, { kind: 'failed', reason });
  }
}

/** What an interrupted wait was interrupted by. */
function reasonOf(error: unknown): unknown {
  const isAbort = error instanceof Error && error.name === 'AbortError';
  return isAbort && error.cause instanceof Error ? error.cause : error;
}

/** The question to take next: the oldest that is not over. Who holds the lease alone is at work, so one that seems to run was left. */
async function nextQuestion(db: Db): Promise<WhatIf | undefined> {
  return (await listWhatIfs(db, 50)).findLast((one) => !isOver(one));
}

/** Builds the worker; it does nothing until it is asked to look. */
export function createWhatIfWorker(options: WhatIfWorkerOptions): WhatIfWorker {
  return {
    async look(signal) {
      const question = await nextQuestion(options.db);
      if (question === undefined || !(await options.lease.hold())) return;
      await take(options, question, signal);
    },
  };
}

/** Looks for questions until it is stopped; a failure is logged and tried again. */
export async function answerQuestions(
  worker: WhatIfWorker,
  log: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await worker.look(signal);
    } catch (error) {
      log.error({ err: error }, 'what-if questions could not be looked for');
    }
    await delay(LOOK_EVERY, undefined, { signal }).catch(() => undefined);
  }
}
