import type { Evidence, Family } from '../model/finding.ts';
import type { Severity } from '../model/severity.ts';
import { parametersOf } from './parameters.ts';

/** What a detection says when it fires: the finding's own part, before the calls are looked up. */
export interface Noticed {
  /** Surprise: −log2 of the probability of seeing this by chance. */
  bits: number;
  /** Bits up to which it would have stayed quiet. */
  thresholdBits: number;
  /** What exactly was out of the ordinary, for its id and for feedback; empty if nothing in particular. */
  value: string;
  /** The usual, the seen and the threshold in one or two plain sentences. */
  explanation: string;
  evidence: Evidence;
  /** Event time, epoch ms, [start, end). */
  windowStart: number;
  windowEnd: number;
}

/** A window and its baseline under which a detection fires, or stays quiet. */
export interface Example<Window, Baseline> {
  name: string;
  window: Window;
  baseline: Baseline;
}

/** A detection as people read it: what it looks for, and what to do when it fires. */
export interface DetectionCard {
  /** `family.name`, stable. */
  id: string;
  title: string;
  family: Family;
  severity: Severity;
  /** OWASP API Security Top 10 (2023), `API1:2023`. */
  owasp: readonly string[];
  /** MITRE ATT&CK techniques, `T1078`. */
  attack: readonly string[];
  parameters: Readonly<Record<string, number>>;
  blindSpots: readonly string[];
  /** Steps, in order, in the imperative. */
  runbook: readonly string[];
}

/** One way of noticing: a pure function from a window and its baseline to a finding or null. */
export interface Detection<Window, Baseline> extends DetectionCard {
  detect: (
    window: Window,
    baseline: Baseline,
    parameters: Readonly<Record<string, number>>,
  ) => Noticed | null;
  examples: {
    quiet: readonly Example<Window, Baseline>[];
    firing: readonly Example<Window, Baseline>[];
  };
}

/**
 * Lets the compiler infer a detection's window and baseline. Its `parameters` are the declared ones,
 * with what people set over them while {@link withParameters} is at work.
 */
export function defineDetection<Window, Baseline>(
  detection: Detection<Window, Baseline>,
): Detection<Window, Baseline> {
  const { id, parameters: declared } = detection;
  return Object.defineProperty({ ...detection }, 'parameters', {
    enumerable: true,
    get: () => parametersOf(id, declared),
  });
}
