/** The simulated calendar: UTC days, local hours by country, holidays and month ends. */

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** Monday 2026-09-07 00:00 UTC: four weeks from here hold a month end and several holidays. */
export const DEFAULT_START = Date.UTC(2026, 8, 7);

/** Hours east of UTC in September; summer time where it is kept, no change within the four weeks. */
const OFFSETS: Readonly<Record<string, number>> = {
  ...{ GB: 1, IE: 1, DE: 2, FR: 2, NL: 2, CH: 2, ES: 2, IT: 2, PL: 2, SE: 2, AT: 2 },
  ...{ US: -5, CA: -5, BR: -3, IN: 5.5, SG: 8, JP: 9, AU: 10, ZA: 2, AE: 4, TR: 3 },
  ...{ RO: 3, UA: 3, NG: 1, VN: 7, RU: 3, CN: 8, PT: 1, GR: 3, TH: 7, MX: -6 },
};

/** Public or widely kept regional holidays of September and October 2026. */
const HOLIDAYS: Readonly<Record<string, readonly string[]>> = {
  US: ['2026-09-07'],
  CA: ['2026-09-07', '2026-09-30'],
  CH: ['2026-09-21'],
  ZA: ['2026-09-24'],
  IN: ['2026-10-02'],
  CN: ['2026-09-25', '2026-10-01', '2026-10-02'],
  SG: [],
};

/** Hours east of UTC; 0 for a country that the table does not know. */
export function offsetHours(country: string): number {
  return OFFSETS[country] ?? 0;
}

/** Local hour of the day, [0, 24), with its fraction. */
export function localHour(time: number, country: string): number {
  const hours = time / HOUR + offsetHours(country);
  return hours - 24 * Math.floor(hours / 24);
}

/** Local weekday, 0 = Monday. */
export function localWeekday(time: number, country: string): number {
  const days = Math.floor((time + offsetHours(country) * HOUR) / DAY);
  return (((days + 3) % 7) + 7) % 7; // 1970-01-01 was a Thursday.
}

function localDate(time: number, country: string): Date {
  return new Date(time + offsetHours(country) * HOUR);
}

/** Saturday, Sunday or a public holiday there. */
export function isDayOff(time: number, country: string): boolean {
  if (localWeekday(time, country) >= 5) return true;
  const holidays = HOLIDAYS[country];
  return holidays?.includes(localDate(time, country).toISOString().slice(0, 10)) ?? false;
}

/** The last weekday of a month or the first day of the next: when books are closed. */
export function isMonthEnd(time: number, country: string): boolean {
  const date = localDate(time, country);
  if (date.getUTCDate() === 1) return true;
  const weekday = localWeekday(time, country);
  if (weekday >= 5) return false;
  const next = new Date(date.getTime() + (weekday === 4 ? 3 : 1) * DAY);
  return next.getUTCMonth() !== date.getUTCMonth();
}
