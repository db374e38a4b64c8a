/** Tables of scores for a terminal. Pure. */
import { KIND_NAMES } from '../simulation/attacks.ts';
import type { Caught, Score } from './score.ts';

/** DETECTION.md's targets. */
export const TARGETS = {
  overtRecall: 0.95,
  allRecall: 0.7,
  overtMedianMs: 60_000,
  overtP90Ms: 600_000,
  falseRate: 1,
} as const;

/** One way of detecting, scored on one data set. */
export interface Entry {
  title: string;
  score: Score;
}

/** Milliseconds in the unit that reads best; a dash for null. */
export function duration(ms: number | null): string {
  if (ms === null) return '–';
  if (ms < 99_500) return `${Math.round(ms / 1000)} s`;
  if (ms < 99.5 * 60_000) return `${Math.round(ms / 60_000)} min`;
  return `${Math.round(ms / 360_000) / 10} h`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function rate(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

function caughtCell(caught: Caught): string {
  if (caught.attacks === 0) return '–';
  return `${percent(caught.recall)} ${duration(caught.median)}/${duration(caught.p90)}`;
}

/** Columns aligned by spaces; the first is left-aligned, the others right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Recall with median and 90th-percentile delay of every kind of attack, one column an entry. */
export function kindTable(entries: readonly Entry[]): string {
  const header = ['attack (n)', ...entries.map((entry) => entry.title)];
  const rows = KIND_NAMES.map((kind) => {
    const attacks = entries[0]?.score.kinds[kind].attacks ?? 0;
    return [`${kind} (${attacks})`, ...entries.map((e) => caughtCell(e.score.kinds[kind]))];
  });
  return table([header, ...rows]);
}

/** The summary in the form of DETECTION.md's table. */
export function summaryTable(entries: readonly Entry[]): string {
  const header = ['', 'recall, all', 'recall, overt', 'false/day/1,000', 'delay', 'overt delay'];
  const delay = (c: Caught): string => `${duration(c.median)} / ${duration(c.p90)}`;
  const rows = entries.map(({ title, score }) => [
    ...[title, percent(score.all.recall), percent(score.overt.recall), rate(score.falseRate)],
    ...[delay(score.all), delay(score.overt)],
  ]);
  const target = [
    ...['target', `≥ ${percent(TARGETS.allRecall)}`, `≥ ${percent(TARGETS.overtRecall)}`],
    ...[`≤ ${rate(TARGETS.falseRate)}`, ''],
    `≤ ${duration(TARGETS.overtMedianMs)} / ${duration(TARGETS.overtP90Ms)}`,
  ];
  return table([header, ...rows, target]);
}

/** False incidents a day per 1,000 tokens by detection, the most frequent first. */
export function falseTable(score: Score): string {
  const rows = Object.entries(score.falseByDetection)
    .sort((a, b) => b[1] - a[1])
    .map(([name, value]) => [name, rate(value)]);
  return table([['false incidents/day/1,000 by detection', ''], ...rows]);
}

/** False incidents by the benign events behind them and the detections that fell for them. */
export function causeTable(
  ones: readonly { causes: readonly string[]; archetype: string; detections: readonly string[] }[],
  score: Score,
): string {
  const each = score.falseIncidents === 0 ? 0 : score.falseRate / score.falseIncidents;
  const sums = new Map<string, number>();
  for (const one of ones) {
    const why = one.causes.length === 0 ? 'an ordinary time' : one.causes.join(' + ');
    const key = `${one.detections.join(' + ')} | ${one.archetype} | ${why}`;
    sums.set(key, (sums.get(key) ?? 0) + each);
  }
  const rows = [...sums].sort((a, b) => b[1] - a[1]).slice(0, 25);
  const cells = rows.map(([key, value]) => [key, rate(value)]);
  return table([['false incidents: detections | archetype | what was going on', ''], ...cells]);
}
