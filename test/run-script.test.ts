import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

// What `npm start` promises: however it is told to stop, the program hears it once, stops in order
// and leaves nothing behind.
const runScript = join(import.meta.dirname, '..', 'scripts', 'run.mjs');
const program = `
import { appendFileSync } from 'node:fs';
const [log, exitCode] = process.argv.slice(2);
const say = (line) => appendFileSync(log, line + '\\n');
let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    say(signal);
    if (stopping) return;
    stopping = true;
    setTimeout(() => { say('stopped'); process.exit(Number(exitCode)); }, 700);
  });
}
setTimeout(() => {}, 20_000);
say(process.pid + ' ' + process.ppid + ' ' + process.version);
`;

const folder = mkdtempSync(join(tmpdir(), 'tokenwatch-run-'));
let runs = 0;

interface Run {
  npm: ChildProcess;
  npmPid: number;
  pid: number;
  wrapperPid: number;
  nodeVersion: string;
  exitCode: Promise<number | null>;
  lines: () => string[];
}

beforeAll(() => {
  writeFileSync(join(folder, 'program.mjs'), program);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** `npm start` of a package whose start script is ours, as the leader of a process group. */
async function npmStart(exitCode = 0): Promise<Run> {
  const log = join(folder, `log-${++runs}`);
  writeFileSync(log, '');
  const start = `exec node ${runScript} ${join(folder, 'program.mjs')} ${log} ${exitCode}`;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { start } }));
  const npm = spawn('npm', ['start'], { cwd: folder, detached: true, stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => npm.once('exit', resolve));
  const lines = (): string[] => readFileSync(log, 'utf8').split('\n').slice(0, -1);
  await vi.waitFor(() => expect(lines()).toHaveLength(1), { timeout: 15_000 });
  const [pid, wrapperPid, nodeVersion = ''] = lines()[0]?.split(' ') ?? [];
  return {
    npm,
    npmPid: npm.pid ?? 0,
    pid: Number(pid),
    wrapperPid: Number(wrapperPid),
    nodeVersion,
    exitCode: ended,
    lines: () => lines().slice(1),
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH: gone.
  }
}

async function expectNothingLeft({ pid, wrapperPid, npmPid }: Run): Promise<void> {
  const pids = [pid, wrapperPid, npmPid];
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 5_000 });
}

describe('scripts/run.mjs under npm', () => {
  const signals = ['SIGINT', 'SIGTERM'] as const;

  it.each(signals)('%s to npm alone', async (signal) => {
    const run = await npmStart();
    process.kill(run.npmPid, signal);
    expect(await run.exitCode).toBe(0);
    expect(run.lines()).toEqual([signal, 'stopped']);
    await expectNothingLeft(run);
  });

  it.each([...signals, 'SIGHUP'] as const)('%s to the process group', async (signal) => {
    const run = await npmStart();
    process.kill(-run.npmPid, signal);
    await run.exitCode;
    await expectNothingLeft(run);
    expect(run.lines()).toEqual([signal, 'stopped']);
  });

  it('a second Ctrl-C is passed on as one', async () => {
    const run = await npmStart();
    process.kill(-run.npmPid, 'SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 600));
    process.kill(-run.npmPid, 'SIGINT');
    expect(await run.exitCode).toBe(0);
    expect(run.lines()).toEqual(['SIGINT', 'SIGINT', 'stopped']);
  });

  it.each(['npm', 'the wrapper', 'the process group'])('kill -9 of %s', async (what) => {
    const run = await npmStart();
    const pids: Record<string, number> = { npm: run.npmPid, 'the wrapper': run.wrapperPid };
    process.kill(pids[what] ?? -run.npmPid, 'SIGKILL');
    await expectNothingLeft(run);
    expect(run.lines()).toEqual(['SIGTERM', 'stopped']);
  });

  it('runs on the pinned Node and exits with the exit code of the program', async () => {
    const run = await npmStart(3);
    process.kill(run.pid, 'SIGTERM');
    expect(await run.exitCode).toBe(3);
    expect(run.nodeVersion).toMatch(/^v24\./);
  });
});
