/** Edits (a letter more, less or another) that make one word of another. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The name that is most like a misspelt one, or null when none is. */
export function nearest(name: string, names: readonly string[]): string | null {
  const word = name.toLowerCase().slice(0, 60);
  let best: { name: string; edits: number } | null = null;
  for (const one of names) {
    const edits = distance(word, one);
    if (best === null || edits < best.edits) best = { name: one, edits };
  }
  return best !== null && best.edits <= Math.max(2, word.length / 3) ? best.name : null;
}
