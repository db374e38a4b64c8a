/**
 * Loaded before a stage (`node --import`): a clock of the host that a test can step. The difference, ms,
 * lies in the file that FAULTS_CLOCK names and is read anew at each SIGUSR2. Timers and the monotonic clock go on
 * as they do on a host whose clock is set.
 */
import { readFileSync } from 'node:fs';

const file = process.env['FAULTS_CLOCK'] ?? '';
const RealDate = Date;
let step = 0;

function read(): void {
  // Without a file the clock is right.
  if (file === '') return;
  step = Number(readFileSync(file, 'utf8'));
}

class SteppedDate extends RealDate {
  constructor(...parts: [] | [string | number | Date]) {
    if (parts.length === 0) super(RealDate.now() + step);
    else super(...(parts as [number]));
  }

  static override now(): number {
    return RealDate.now() + step;
  }
}

read();
process.on('SIGUSR2', read);
globalThis.Date = SteppedDate as DateConstructor;
