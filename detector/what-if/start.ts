import { hostname } from 'node:os';
import { createLease } from '../../store/lease.ts';
import type { StageContext } from '../../store/stage.ts';
import type { LiveSettings } from './live-settings.ts';
import { answerQuestions, createWhatIfWorker } from './worker.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Answers what-if questions until it is stopped; of several detectors, one does. */
export async function startWhatIf(
  { db, log, now }: StageContext,
  live: LiveSettings,
  signal: AbortSignal,
): Promise<void> {
  const place = { host: hostname(), pid: process.pid, isAlive };
  const lease = createLease({ db, now, stage: 'what_if', ...place });
  const worker = createWhatIfWorker({ db, log, now, lease, settings: () => live.current });
  await answerQuestions(worker, log, signal);
  await lease.release().catch(() => undefined);
}
