import type { Expression } from '../../store/rules/condition/tree.ts';
import type { FeatureValue } from '../../store/rules/look.ts';
import type { DetectionCard } from '../detection.ts';
import type { Message } from './message.ts';

/** A case of a rule's own tests: a call and its context, as features. */
export interface RuleCase {
  name: string;
  features: Record<string, FeatureValue>;
  /** Whether the rule is to fire. */
  fires: boolean;
  /** Where it stands in the file, from 1. */
  place: Place;
}

export interface Place {
  line: number;
  column: number;
}

/** A rule that somebody wrote, parsed and checked. */
export interface Rule {
  card: DetectionCard;
  description: string;
  tags: readonly string[];
  entity: 'token' | 'client';
  condition: Expression;
  /** The condition as its author wrote it. */
  source: string;
  message: Message;
  /** What the condition reads. */
  reads: readonly string[];
  /** What the condition reads and the message tells. */
  features: readonly string[];
  cases: readonly RuleCase[];
  /** Where a character of its condition stands in the file. */
  placeAt: (offset: number) => Place;
  file: string;
}

/** One thing that is wrong in a file of rules. */
export interface Problem {
  file: string;
  place: Place | null;
  /** The rule's id, where it is known. */
  rule: string;
  message: string;
}

/** `rules/payments.yaml:12:9: there is no feature amonut` */
export function problemLine({ file, place, rule, message }: Problem): string {
  const at = place === null ? '' : `:${String(place.line)}:${String(place.column)}`;
  return `${file}${at}: ${rule === '' ? '' : `${rule}: `}${message}`;
}
