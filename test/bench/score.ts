/** How good incidents are, measured against labels. Pure. */
import { ATTACK_KINDS, KIND_NAMES } from '../simulation/attacks.ts';
import type { AttackKind, Label } from '../simulation/attacks.ts';
import { DAY, HOUR } from '../simulation/calendar.ts';

/** One moment at which a rule would have told somebody. */
export interface Alarm {
  /** Event time, epoch ms. */
  at: number;
  /** Lower-case hex; empty for an alarm on a client. */
  tokenHash: string;
  client: string;
  detection: string;
}

/** An incident as it was opened. */
export interface OpenedIncident {
  openedAt: number;
  tokenHash: string;
  client: string;
  detections: readonly string[];
}

export interface Ground {
  labels: readonly Label[];
  /** What is judged: [from, until), epoch ms. */
  from: number;
  until: number;
  /** Tokens at work in that time. */
  tokens: number;
}

export interface Caught {
  attacks: number;
  detected: number;
  /** 0 to 1; 0 when there were no attacks. */
  recall: number;
  /** Milliseconds from the first hostile call to the opening; null when none was detected. */
  median: number | null;
  p90: number | null;
}

export interface Score {
  kinds: Record<AttackKind, Caught>;
  overt: Caught;
  all: Caught;
  incidents: number;
  falseIncidents: number;
  /** False incidents a day per 1,000 tokens; by detection, an incident of several counts for each. */
  falseRate: number;
  falseByDetection: Record<string, number>;
  /** Attacks that nothing found, by their index in the labels. */
  missed: number[];
  /** Which incidents (by index) were false. */
  falseOnes: number[];
}

const GRACE = { usual: HOUR, slow: DAY };
/** Findings of one entity within this time of the last belong to one incident. */
export const MERGE_WITHIN = 6 * HOUR;

/** When an incident counts as a detection of this attack: from its first hostile call to a grace after the last. */
function deadline(label: Label): number {
  return label.last + (ATTACK_KINDS[label.kind].slow ? GRACE.slow : GRACE.usual);
}

/**
 * Folds alarms into incidents as tokenwatch does: those of one token (or client) that follow each
 * other within six hours are one.
 */
export function foldAlarms(alarms: readonly Alarm[]): OpenedIncident[] {
  const ordered = [...alarms].sort((a, b) => a.at - b.at);
  const open = new Map<string, { last: number; names: string[] }>();
  const incidents: OpenedIncident[] = [];
  for (const alarm of ordered) {
    const key = alarm.tokenHash === '' ? `client:${alarm.client}` : alarm.tokenHash;
    const known = open.get(key);
    if (known !== undefined && alarm.at - known.last <= MERGE_WITHIN) {
      known.last = alarm.at;
      if (!known.names.includes(alarm.detection)) known.names.push(alarm.detection);
      continue;
    }
    const names = [alarm.detection];
    const { at: openedAt, tokenHash, client } = alarm;
    open.set(key, { last: alarm.at, names });
    incidents.push({ openedAt, tokenHash, client, detections: names });
  }
  return incidents;
}

/** The value below which a share of a sorted list lies (nearest rank); null for an empty list. */
export function quantile(sorted: readonly number[], share: number): number | null {
  if (sorted.length === 0) return null;
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

function summarize(attacks: number, delays: readonly number[]): Caught {
  const sorted = [...delays].sort((a, b) => a - b);
  return {
    ...{ attacks, detected: sorted.length, recall: attacks === 0 ? 0 : sorted.length / attacks },
    ...{ median: quantile(sorted, 0.5), p90: quantile(sorted, 0.9) },
  };
}

/**
 * Scores incidents: a true one is on the attacked token (or its client as a whole) and was opened
 * between the first hostile call and the attack's end plus a grace of 1 h (24 h for slow kinds);
 * every other one is false. Incidents outside [from, until) are left out.
 */
export function score(ground: Ground, incidents: readonly OpenedIncident[]): Score {
  const { labels, from, until } = ground;
  const judged = incidents
    .map((incident, index) => ({ incident, index }))
    .filter(({ incident }) => incident.openedAt >= from && incident.openedAt < until);
  const delays = new Map<Label, number>();
  const falseOnes: number[] = [];
  for (const { incident, index } of judged) {
    const hits = labels.filter((label) => concerns(incident, label));
    if (hits.length === 0) falseOnes.push(index);
    for (const label of hits) {
      const delay = incident.openedAt - label.first;
      delays.set(label, Math.min(delay, delays.get(label) ?? Infinity));
    }
  }
  const caught = (of: readonly Label[]): Caught =>
    summarize(
      of.length,
      of.flatMap((label) => delays.get(label) ?? []),
    );
  const perDay = (((until - from) / DAY) * ground.tokens) / 1000;
  const byDetection: Record<string, number> = {};
  for (const index of falseOnes) {
    for (const name of incidents[index]?.detections ?? []) {
      byDetection[name] = (byDetection[name] ?? 0) + 1 / perDay;
    }
  }
  return {
    kinds: Object.fromEntries(
      KIND_NAMES.map((kind) => [kind, caught(labels.filter((l) => l.kind === kind))]),
    ) as Record<AttackKind, Caught>,
    overt: caught(labels.filter((label) => ATTACK_KINDS[label.kind].overt)),
    all: caught(labels),
    ...{ incidents: judged.length, falseIncidents: falseOnes.length },
    ...{ falseRate: falseOnes.length / perDay, falseByDetection: byDetection, falseOnes },
    missed: labels.flatMap((label) => (delays.has(label) ? [] : [label.attack])),
  };
}

function concerns(incident: OpenedIncident, label: Label): boolean {
  const where =
    incident.tokenHash === ''
      ? incident.client === label.client
      : incident.tokenHash === label.tokenHash;
  return where && incident.openedAt >= label.first && incident.openedAt <= deadline(label);
}
