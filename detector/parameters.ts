import { AsyncLocalStorage } from 'node:async_hooks';
import type { DetectorConfig } from '../config/detector.ts';
import type { ChangedParameters } from '../model/what-if.ts';
import type { UserRules } from './rules/user-rules.ts';

/** `detector:` of the configuration, what people set of detections' parameters, and their own rules. */
export interface DetectorSettings extends DetectorConfig {
  changed?: ChangedParameters;
  /** The rules of one's own, where there are any. */
  userRules?: UserRules | undefined;
}

/** What people set, for as long as a piece of work lasts. */
const inForce = new AsyncLocalStorage<ChangedParameters>();

/**
 * Does a piece of work (a look, a replay) with parameters that people set. Every detection then has
 * these over its declared ones, so that a judge or a watch need not know that anything was set; a
 * live look and a what-if beside it each have their own.
 */
export function withParameters<T>(changed: ChangedParameters | undefined, work: () => T): T {
  return inForce.run(changed ?? {}, work);
}

/** A detection's parameters: what is in force of what was set, else the declared. */
export function parametersOf(
  id: string,
  declared: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const set = inForce.getStore()?.[id];
  return set === undefined ? declared : { ...declared, ...set };
}
