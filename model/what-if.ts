import type { EntityKind } from './finding.ts';
import type { IncidentStatus } from './incident.ts';
import type { Severity } from './severity.ts';

/** Parameters of detections that replace the declared ones, by detection id. */
export type ChangedParameters = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Longest stretch that a question may be about, days, and how many may wait at once. */
export const WHAT_IF_DAYS = 14;
export const WHAT_IF_WAITING = 5;

/** How much of the past the parameters of one detection are tried on. */
export interface WhatIfAsked {
  /** A detection's id. */
  detection: string;
  /** Of that detection; what is left out stays as it is. */
  parameters: Readonly<Record<string, number>>;
  days: number;
  by: string;
}

/** An incident that there would have been, or would not. */
export interface WhatIfIncident {
  entity: EntityKind;
  tokenHash: string;
  clientId: string;
  name: string;
  title: string;
  explanation: string;
  severity: Severity;
  /** 0 to 100. */
  score: number;
  /** Event time, epoch ms. */
  openedAt: number;
  detections: string[];
  /** The stored incident of the same thing at that time, or ''. */
  incidentId: string;
  /** How that one stands, or '' where there is none. */
  status: IncidentStatus | '';
}

/** What other parameters would have meant. Lists hold the gravest {@link WHAT_IF_LISTED}. */
export interface WhatIfResult {
  /** Event time that was judged, epoch ms, [from, to). */
  from: number;
  to: number;
  /** How many incidents there would have been, with the parameters as they are and as changed. */
  before: number;
  after: number;
  /** How many are in both, and of those, how many would have another severity. */
  kept: number;
  changed: number;
  gainedTotal: number;
  lostTotal: number;
  gained: WhatIfIncident[];
  lost: WhatIfIncident[];
}

export const WHAT_IF_LISTED = 100;

/** What can happen to a question. */
export type WhatIfStep =
  | ({ kind: 'asked' } & WhatIfAsked)
  /** A detector began, for the nth time: one that stopped at work leaves it to the next. */
  | { kind: 'started'; attempt: number }
  | { kind: 'progress'; share: number }
  | { kind: 'done'; result: WhatIfResult }
  | { kind: 'failed'; reason: string }
  | { kind: 'cancelled'; by: string };

export type WhatIfState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

/** A question and how far its answer has come. */
export interface WhatIf extends WhatIfAsked {
  id: string;
  state: WhatIfState;
  /** 0 to 1. */
  share: number;
  attempts: number;
  /** Epoch ms. */
  askedAt: number;
  result: WhatIfResult | null;
  /** Why it failed; else ''. */
  reason: string;
}

/**
 * A question from its steps, in order; null where it was never asked. The first end counts: who
 * cancels what is answered already changes nothing, and an answer to what was cancelled neither.
 */
export function foldWhatIf(
  id: string,
  steps: readonly { at: number; step: WhatIfStep }[],
): WhatIf | null {
  const asked = steps.find(({ step }) => step.kind === 'asked');
  if (asked?.step.kind !== 'asked') return null;
  const { kind: _kind, ...question } = asked.step;
  const whatIf: WhatIf = {
    ...{ id, ...question, askedAt: asked.at, state: 'waiting', share: 0, attempts: 0 },
    ...{ result: null, reason: '' },
  };
  for (const { step } of steps) {
    if (isOver(whatIf)) break;
    take(whatIf, step);
  }
  return whatIf;
}

/** True when nothing more will happen to a question. */
export function isOver({ state }: Pick<WhatIf, 'state'>): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

function take(whatIf: WhatIf, step: WhatIfStep): void {
  switch (step.kind) {
    case 'asked':
      break;
    case 'started':
      whatIf.state = 'running';
      whatIf.attempts = step.attempt;
      whatIf.share = 0;
      break;
    case 'progress':
      whatIf.share = step.share;
      break;
    case 'done':
      Object.assign(whatIf, { state: 'done', share: 1, result: step.result });
      break;
    case 'failed':
      Object.assign(whatIf, { state: 'failed', reason: step.reason });
      break;
    case 'cancelled':
      whatIf.state = 'cancelled';
      break;
  }
}
