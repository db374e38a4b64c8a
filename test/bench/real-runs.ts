/** tokenwatch on other people's data: what the benchmark prints of it. */
import { DAY } from '../simulation/calendar.ts';
import { judgeLab, loadLab } from './cloudtrail.ts';
import type { LabResult } from './cloudtrail.ts';
import { openBenchStore } from './data-set.ts';
import { NAIVE_RULES } from './naive.ts';
import { loadCounts } from './real-data.ts';
import { table } from './report.ts';
import type { Entry } from './report.ts';
import { foldAlarms, score } from './score.ts';
import { asAlarm, findingsOf } from './tokenwatch.ts';

/** Days of the counts that are history only; what follows is judged. */
const HISTORY_DAYS = 7;

/**
 * False incidents on real request counts, in which no attack is known: the second of two weeks,
 * with the first as history. Volume only; the naive volume rules on the same calls.
 *
 * @param file gzipped JSONL, see {@link loadCounts}
 */
export async function runCounts(file: string): Promise<Entry[]> {
  const store = await openBenchStore();
  try {
    const { from, until, tokens, calls } = await loadCounts(store.db, file);
    const ground = { labels: [], from: from + HISTORY_DAYS * DAY, until, tokens };
    console.error(`${calls} calls of ${tokens} clients, ${(until - from) / DAY} days`);
    const findings = await findingsOf(store.db, ground);
    const entries = [
      { title: 'tokenwatch', score: score(ground, foldAlarms(findings.map(asAlarm))) },
    ];
    for (const rule of NAIVE_RULES.slice(0, 3)) {
      const alarms = await rule.alarms(store.db, ground.from, ground.until);
      entries.push({ title: rule.title, score: score(ground, foldAlarms(alarms)) });
    }
    return entries;
  } finally {
    await store.close();
  }
}

/** False incidents of each way of detecting, a day per 1,000 tokens. */
export function countsTable(entries: readonly Entry[]): string {
  const rows = entries.map(({ title, score: of }) => [
    ...[title, String(of.falseIncidents), of.falseRate.toFixed(2)],
    Object.keys(of.falseByDetection).join(', '),
  ]);
  return table([['real counts, no known attack', 'incidents', 'a day/1,000', 'by'], ...rows]);
}

/**
 * The CloudTrail lab, judged from its first call on, without any history.
 *
 * @param file gzipped JSONL with `label`
 */
export async function runLab(file: string): Promise<LabResult & { findings: number }> {
  const store = await openBenchStore();
  try {
    const lab = await loadLab(store.db, file);
    const alarms = (await findingsOf(store.db, lab)).map(asAlarm);
    return { ...judgeLab(lab, alarms), findings: alarms.length };
  } finally {
    await store.close();
  }
}

/** What the lab's run found, in a few lines. */
export function labSummary(result: LabResult & { findings: number }): string {
  const noticed = result.steps.filter((one) => one.detections.length > 0);
  const keys = new Set(result.steps.map((one) => one.step.tokenHash)).size;
  const by = new Map<string, number>();
  for (const one of noticed)
    for (const name of one.detections) by.set(name, (by.get(name) ?? 0) + 1);
  const rows = [...by].sort((a, b) => b[1] - a[1]).map(([name, n]) => [name, String(n)]);
  return [
    `CloudTrail lab: ${noticed.length} of ${result.steps.length} labelled steps noticed, ` +
      `${result.keysFound} of ${keys} attacking keys; ${result.findings} findings, ` +
      `${result.elsewhere.length} of them on keys without attack`,
    table([['steps by detection', ''], ...rows]),
  ].join('\n');
}
