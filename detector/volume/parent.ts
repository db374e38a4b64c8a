import { weekSlot } from './calendar.ts';
import { levelOf, meansAt } from './state.ts';
import type { HourSums, Parent, VolumeState } from './state.ts';

/** A rhythm is believed between these factors of the mean. */
const RHYTHM = { least: 0.02, most: 10 } as const;
/** Before anybody called: calls an hour of a client. */
const FIRST_GUESS = 20;

/** An hour without calls. */
export const SILENT: HourSums = { calls: 0, q1: 0, q5: 0 };

/** Above everybody there is nothing but a guess. */
export const NOBODY: Parent = { level: FIRST_GUESS, rhythm: () => 1 };

/**
 * A parent for the children of a state: its level shared among them, its rhythm by slot of the
 * week, each slot computed once.
 */
export function parentFrom(
  state: VolumeState,
  above: Parent,
  hour: number,
  children: number,
): Parent {
  const level = levelOf(state, above, hour);
  const slots = new Float64Array(168).fill(-1);
  const rhythm = (h: number): number => {
    const slot = weekSlot(h);
    const cached = slots[slot] ?? -1;
    if (cached >= 0) return cached;
    const share = meansAt(state, above, h, level).a / Math.max(level, 1e-6);
    const value = Math.min(RHYTHM.most, Math.max(RHYTHM.least, share));
    slots[slot] = value;
    return value;
  };
  return { level: level / Math.max(1, children), rhythm };
}
