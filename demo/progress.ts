/** Draws how far something is; `done` and `total` in any unit. */
export interface Progress {
  update(done: number, total: number, note: string): void;
  /** Leaves the line as it is and goes on to the next. */
  finish(): void;
}

const WIDTH = 32;

/** A bar that redraws itself on a terminal, and a line for every quarter elsewhere. */
export function progressBar(
  label: string,
  stream: NodeJS.WritableStream & { isTTY?: boolean },
): Progress {
  const terminal = stream.isTTY === true;
  let quarter = -1;
  let drawn = false;
  return {
    update(done, total, note) {
      const share = total <= 0 ? 1 : Math.min(1, Math.max(0, done / total));
      const percent = `${String(Math.floor(share * 100)).padStart(3)} %`;
      if (terminal) {
        const full = Math.round(share * WIDTH);
        const bar = '█'.repeat(full) + '░'.repeat(WIDTH - full);
        stream.write(`\r${label} ${bar} ${percent}  ${note}\u001b[K`);
        drawn = true;
      } else if (Math.floor(share * 4) > quarter) {
        quarter = Math.floor(share * 4);
        stream.write(`${label}${percent}  ${note}\n`);
      }
    },
    finish() {
      if (drawn) stream.write('\n');
      drawn = false;
    },
  };
}
