import type { DetectorConfig } from '../config/detector.ts';
import type { ChangedParameters } from '../model/what-if.ts';
import type { DetectionCard } from './detection.ts';
import type { UserRules } from './rules/user-rules.ts';

/** `detector:` of the configuration, what people set of detections' parameters, and their own rules. */
export interface DetectorSettings extends DetectorConfig {
  changed?: ChangedParameters;
  /** The rules of one's own, where there are any. */
  userRules?: UserRules | undefined;
}

/** A detection's parameters: what was set, else the declared. */
export function parametersOf(
  { id, parameters }: Pick<DetectionCard, 'id' | 'parameters'>,
  { changed }: DetectorSettings,
): Readonly<Record<string, number>> {
  const set = changed?.[id];
  return set === undefined ? parameters : { ...parameters, ...set };
}
