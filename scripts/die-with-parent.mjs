// Preloaded (`node --import`) into what scripts/run.mjs starts. Children that inherit the flag
// have another parent than the one named in the URL, and workers no process to watch: both do
// nothing.
import { isMainThread } from 'node:worker_threads';

const parent = Number(new URL(import.meta.url).searchParams.get('parent'));
const everyMs = 500;

if (isMainThread && process.ppid === parent) {
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, everyMs);
  timer.unref();
}
