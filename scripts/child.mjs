// Plain JavaScript without dependencies: it also runs before anything is installed.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** One Ctrl-C arrives twice (from the terminal and from npm, which passes it on): count it once. */
const sameSignalMs = 500;

/** A shell may come and go, but when the npm that runs us is killed outright, we stop as well. */
const npmPid = process.env.npm_lifecycle_event ? process.ppid : null;
const parentPollMs = 500;

/**
 * Runs a command to its end and passes on each signal that this process gets, exactly once.
 *
 * With `ownGroup` the child leads a process group of its own, so that what is sent to our group
 * (Ctrl-C, `kill -TERM -pgid`) reaches it through us alone. A Node child then also gets
 * `--import die-with-parent.mjs`, which stops it in order should we be killed outright.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, ownGroup?: boolean }} [options]
 * @returns {Promise<{ code: number, signal: NodeJS.Signals | null }>} the exit code (128 + number
 *   for a signal), and the signal that ended the child
 * @throws when the command cannot be started
 */
export function runToEnd(command, args, { cwd, env = process.env, ownGroup = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: 'inherit', detached: ownGroup });
    const stopForwarding = forwardSignals(child);
    child.once('error', (error) => {
      stopForwarding();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      stopForwarding();
      resolve({ code: code ?? 128 + constants.signals[signal], signal });
    });
  });
}

/** The Node flags that make a child stop in order when this process dies. */
export function dieWithParentFlags() {
  const url = new URL('./die-with-parent.mjs', import.meta.url);
  url.searchParams.set('parent', String(process.pid));
  return ['--import', url.href];
}

/**
 * Ends this process as the child ended: same exit code, or same signal.
 *
 * @returns {Promise<never>}
 */
export function endAs({ code, signal }) {
  if (signal === null) process.exit(code);
  process.kill(process.pid, signal);
  // Should something still listen for that signal, the exit code says the same.
  return new Promise(() => setTimeout(() => process.exit(code), 100));
}

/** The project's root folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

function forwardSignals(child) {
  const lastAt = new Map();
  const listeners = forwarded.map((signal) => {
    const listener = () => {
      const now = Date.now();
      const repeated = now - (lastAt.get(signal) ?? -Infinity) < sameSignalMs;
      lastAt.set(signal, now);
      if (!repeated) child.kill(signal);
    };
    process.on(signal, listener);
    return [signal, listener];
  });
  const watch = setInterval(() => {
    if (npmPid === null || npmPid === process.ppid || lastAt.size > 0) return;
    lastAt.set('SIGTERM', Date.now());
    child.kill('SIGTERM');
  }, parentPollMs);
  return () => {
    clearInterval(watch);
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}
