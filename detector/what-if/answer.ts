import { setTimeout as delay } from 'node:timers/promises';
import { foldFindings } from '../../model/fold-findings.ts';
import type { Finding } from '../../model/finding.ts';
import type { Incident } from '../../model/incident.ts';
import { entityKeyOfIncident } from '../../model/incident.ts';
import { WHAT_IF_LISTED } from '../../model/what-if.ts';
import type { WhatIfAsked, WhatIfIncident, WhatIfResult } from '../../model/what-if.ts';
import type { Db } from '../../store/db.ts';
import { readHourRange, readTokenTotal } from '../../store/detection/hours.ts';
import { readIncidentsAround } from '../../store/what-if/stored-incidents.ts';
import type { StoredIncident } from '../../store/what-if/stored-incidents.ts';
import { backtest } from '../backtest.ts';
import { withParameters } from '../parameters.ts';
import type { DetectorSettings } from '../parameters.ts';
import { HOUR_MS } from '../volume/calendar.ts';
import { compare } from './compare.ts';
import { inStep } from './in-step.ts';
import type { Pair } from './in-step.ts';

const DAY_MS = 24 * HOUR_MS;
/** In a backtest nobody closes incidents: one that is quiet for so long counts as closed, ms. */
const MERGE_WITHIN = 6 * HOUR_MS;
/** A run holds about 10 KB a token, and there are two. */
const MOST_TOKENS = 20_000;
/** Findings kept of one run; beyond them the parameters are no use to anyone. */
const MOST_FINDINGS = 50_000;

/** A question that cannot be answered; its words are for who asked. */
export class Unanswerable extends Error {
  override name = 'Unanswerable';
}

export interface AnswerOptions {
  db: Db;
  settings: DetectorSettings;
  /** Epoch ms: the stretch ends here. */
  now: number;
  /** An aborted run ends at the next hour of its replay. */
  signal: AbortSignal;
  /** 0 to 1; called after each hour of the replays. */
  onProgress: (share: number) => void | Promise<void>;
}

/** Leaves the processor and the store to live calls at least half of the time. */
function createBrake(signal: AbortSignal): () => Promise<void> {
  let since = performance.now();
  return async () => {
    const worked = performance.now() - since;
    await delay(Math.min(1_000, worked), undefined, { signal });
    since = performance.now();
  };
}

/** The incidents of the stretch, with some settings; goes hour by hour beside the other run. */
async function incidentsWith(
  range: { from: number; to: number },
  settings: DetectorSettings,
  pair: Pair,
  onProgress?: (share: number) => void,
): Promise<Incident[]> {
  const findings: Finding[] = [];
  const run = {
    ...{ db: pair.db, ...range, settings },
    onFinding: (finding: Finding) => {
      findings.push(finding);
      if (findings.length > MOST_FINDINGS) {
        throw new Unanswerable(`More than ${String(MOST_FINDINGS)} findings: far too many.`);
      }
    },
    onProgress: async (done: number, total: number) => {
      onProgress?.(done / total);
      await pair.meet();
    },
  };
  try {
    await withParameters(settings.changed, async () => backtest(run));
  } finally {
    pair.leave();
  }
  findings.sort((a, b) => a.detectedAt - b.detectedAt);
  return foldFindings(findings, { mergeWithin: MERGE_WITHIN });
}

/** What the stretch would have brought with each of two settings. */
async function replayBoth(
  options: AnswerOptions,
  range: { from: number; to: number },
  [settings, other]: readonly [DetectorSettings, DetectorSettings],
): Promise<[Incident[], Incident[]]> {
  const ended = new AbortController();
  const signal = AbortSignal.any([options.signal, ended.signal]);
  const brake = createBrake(options.signal);
  let reached = 0;
  const pair = inStep(options.db, async () => {
    signal.throwIfAborted();
    await options.onProgress(reached);
    await brake();
  });
  const runs = [
    incidentsWith(range, settings, pair, (share) => {
      reached = share;
    }),
    incidentsWith(range, other, pair),
  ] as const;
  try {
    return await Promise.all(runs);
  } finally {
    // Where one has failed the other ends with its hour: no answer is left to be worked for.
    ended.abort();
    await Promise.allSettled(runs);
  }
}

/** The stored incident of the same thing around that time: what became of it. */
function storedOf(incident: Incident, stored: readonly StoredIncident[]): StoredIncident | null {
  const key = entityKeyOfIncident(incident);
  const same = stored.filter(
    (one) =>
      one.entityKey === key &&
      one.openedAt <= incident.updatedAt + MERGE_WITHIN &&
      one.updatedAt >= incident.openedAt - MERGE_WITHIN,
  );
  return same[0] ?? null;
}

function listed(incidents: readonly Incident[], stored: StoredIncident[]): WhatIfIncident[] {
  return incidents.slice(0, WHAT_IF_LISTED).map((incident) => {
    const known = storedOf(incident, stored);
    const { entity, tokenHash, clientId, name, title, explanation } = incident;
    const { severity, score, openedAt, detections } = incident;
    return {
      ...{ entity, tokenHash, clientId, name, title, explanation },
      ...{ severity, score, openedAt, detections },
      ...{ incidentId: known?.id ?? '', status: known?.status ?? '' },
    };
  });
}

async function rangeOf(
  { db, now }: AnswerOptions,
  days: number,
): Promise<{ from: number; to: number }> {
  const hours = await readHourRange(db);
  if (hours === null) throw new Unanswerable('There are no calls yet.');
  const tokens = await readTokenTotal(db);
  if (tokens > MOST_TOKENS) {
    throw new Unanswerable(
      `With ${String(tokens)} tokens it would need too much memory here (at most ${String(MOST_TOKENS)}): run tokenwatch backtest on a machine of its own.`,
    );
  }
  // Up to the latest call, so that a quiet store is no empty answer.
  const to = Math.min(now, (hours.lastHour + 1) * HOUR_MS);
  return { from: Math.max(to - days * DAY_MS, hours.firstHour * HOUR_MS), to };
}

/**
 * What other parameters of a detection would have meant: the past is replayed twice with all
 * detections, side by side, with the parameters as they are and as asked for, and the incidents are
 * compared.
 *
 * @throws Unanswerable with words for who asked; an AbortError when the signal is aborted
 */
export async function answerWhatIf(
  asked: WhatIfAsked,
  options: AnswerOptions,
): Promise<WhatIfResult> {
  const { db, settings } = options;
  const range = await rangeOf(options, asked.days);
  const set = { ...settings.changed?.[asked.detection], ...asked.parameters };
  const other = { ...settings, changed: { ...settings.changed, [asked.detection]: set } };
  const [before, after] = await replayBoth(options, range, [settings, other]);
  const { gained, lost, kept, changed } = compare(before, after, MERGE_WITHIN);
  const keys = [...gained, ...lost].map(entityKeyOfIncident);
  const stored = await readIncidentsAround(db, keys, range);
  return {
    ...{ ...range, before: before.length, after: after.length, kept, changed },
    ...{ gainedTotal: gained.length, lostTotal: lost.length },
    ...{ gained: listed(gained, stored), lost: listed(lost, stored) },
  };
}
