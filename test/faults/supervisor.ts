import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const CLOCK = new URL('clock.ts', import.meta.url).href;
const PAUSE = 300;

/** One stage as a process that is started again whenever it ends, as a container engine would. */
export class Supervised {
  readonly name: string;
  readonly #env: Record<string, string>;
  #child: ChildProcess | null = null;
  #stopping = false;
  /** How often it was started. */
  starts = 0;
  /** What it wrote last, for a failure's report. */
  said = '';

  constructor(name: string, env: Record<string, string>) {
    this.name = name;
    this.#env = env;
  }

  start(): void {
    if (this.#stopping) return;
    this.starts += 1;
    const child = spawn(process.execPath, ['--import', CLOCK, MAIN, this.name], {
      env: this.#env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.said = (this.said + chunk.toString()).slice(-2_000);
    });
    child.once('exit', () => setTimeout(() => this.start(), PAUSE));
    this.#child = child;
  }

  /** Without a warning, wherever it is. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** Its host's clock was set: the file that FAULTS_CLOCK names says by how much. */
  tellClock(): void {
    this.#child?.kill('SIGUSR2');
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }
}
