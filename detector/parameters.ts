import type { DetectorConfig } from '../config/detector.ts';
import type { ChangedParameters } from '../model/what-if.ts';
import type { DetectionCard } from './detection.ts';

/** `detector:` of the configuration, and what people set of detections' parameters in the console. */
export interface DetectorSettings extends DetectorConfig {
  changed?: ChangedParameters;
}

/** A detection's parameters: what was set, else the declared. */
export function parametersOf(
  { id, parameters }: Pick<DetectionCard, 'id' | 'parameters'>,
  { changed }: DetectorSettings,
): Readonly<Record<string, number>> {
  const set = changed?.[id];
  return set === undefined ? parameters : { ...parameters, ...set };
}
