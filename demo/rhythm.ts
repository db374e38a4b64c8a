/** When a token is at work. */
export type Profile = 'always' | 'office' | 'evening' | 'nightly' | 'cron';

const MINUTE = 60_000;
const DAY_MINUTES = 1_440;

/** Relative activity by hour of the day; `office` and `evening` follow people. */
const HOURS: Record<'always' | 'office' | 'evening', readonly number[]> = {
  always: [7, 6, 6, 6, 6, 7, 8, 9, 11, 12, 12, 12, 11, 12, 12, 12, 12, 12, 12, 11, 10, 9, 8, 7],
  office: [0, 0, 0, 0, 0, 0, 1, 5, 14, 18, 19, 17, 9, 14, 17, 16, 12, 6, 2, 0, 0, 0, 0, 0],
  evening: [2, 1, 0, 0, 0, 1, 4, 8, 8, 6, 6, 7, 9, 7, 6, 6, 8, 11, 14, 16, 17, 14, 9, 5],
};
/** A night's run takes place in these minutes of the day. */
const NIGHT = { from: 95, to: 185 };

/**
 * The expected number of calls in the minute that begins at `time`.
 *
 * @param perDay calls on an ordinary working day
 * @param time epoch ms
 * @param utcOffset hours
 */
export function meanCalls(
  profile: Profile,
  perDay: number,
  time: number,
  utcOffset: number,
): number {
  const local = new Date(time + utcOffset * 60 * MINUTE);
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  const weekend = local.getUTCDay() === 0 || local.getUTCDay() === 6;
  if (profile === 'cron') return cronCalls(perDay, minute);
  if (profile === 'nightly') {
    return minute >= NIGHT.from && minute < NIGHT.to ? perDay / (NIGHT.to - NIGHT.from) : 0;
  }
  const week = weekend ? { always: 0.8, office: 0.02, evening: 1.15 }[profile] : 1;
  return (perDay * week * share(HOURS[profile], minute)) / 60;
}

/** Bursts of three calls, evenly over the day. */
function cronCalls(perDay: number, minute: number): number {
  const every = Math.max(1, Math.round((DAY_MINUTES * 3) / perDay));
  return minute % every === 0 ? 3 : 0;
}

/** The share of a day's calls that falls into the hour around a minute, by linear blending. */
function share(hours: readonly number[], minute: number): number {
  const hour = Math.floor(minute / 60);
  const next = hours[(hour + 1) % 24] ?? 0;
  const here = hours[hour] ?? 0;
  const total = hours.reduce((sum, value) => sum + value, 0);
  const blend = (minute % 60) / 60;
  return (here * (1 - blend) + next * blend) / total;
}
