/** Hours as whole numbers since the epoch, and where they fall in a week (UTC). */
export const HOUR_MS = 3_600_000;
export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** The hour that a moment (epoch ms) lies in. */
export function hourOf(time: number): number {
  return Math.floor(time / HOUR_MS);
}

/** Slot of the week, 0 to 167; 0 is Sunday midnight. */
export function weekSlot(hour: number): number {
  return (((hour + 96) % 168) + 168) % 168;
}
