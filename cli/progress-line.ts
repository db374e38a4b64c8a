const WIDTH = 30;
/** Least time between two drawings, ms: a terminal is slower than an import. */
const PAUSE = 100;

export interface ProgressLine {
  /** Draws share (0 to 1, or null when the whole is not known) and words, over the last drawing. */
  show(share: number | null, words: string): void;
  /** Takes the line away, so that other output can be written. */
  clear(): void;
}

/** One line of progress on a terminal; nothing at all where the stream is not one. */
export function progressLine(stream: NodeJS.WriteStream): ProgressLine {
  let drawnAt = -Infinity;
  let visible = false;
  return {
    show(share, words) {
      const now = performance.now();
      if (!stream.isTTY || now - drawnAt < PAUSE) return;
      drawnAt = now;
      visible = true;
      const filled = Math.round((share ?? 0) * WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
      const head = share === null ? '' : `${bar} ${String(Math.floor(share * 100)).padStart(3)} % `;
      stream.write(`\r\x1b[K${`${head}${words}`.slice(0, (stream.columns || 80) - 1)}`);
    },
    clear() {
      if (!visible) return;
      visible = false;
      drawnAt = -Infinity;
      stream.write('\r\x1b[K');
    },
  };
}
