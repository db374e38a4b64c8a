import type { TimeInterval } from '../../config/routes.ts';

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const formatters = new Map<string, Intl.DateTimeFormat>();

interface Local {
  weekday: string;
  month: number;
  day: number;
  minute: number;
}

/** Wall-clock parts of a moment in a zone; daylight saving is the platform's business. */
function localOf(at: number, zone: string): Local {
  let formatter = formatters.get(zone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      ...{ weekday: 'short', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' },
    });
    formatters.set(zone, formatter);
  }
  const parts = new Map(formatter.formatToParts(at).map((part) => [part.type, part.value]));
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type) ?? 0);
  return {
    weekday: (parts.get('weekday') ?? '').toLowerCase(),
    month: number('month'),
    day: number('day'),
    minute: number('hour') * 60 + number('minute'),
  };
}

function minuteOf(text: string): number {
  const [hours, minutes] = text.split(':');
  return Number(hours) * 60 + Number(minutes);
}

function dayFits(entry: TimeInterval[number], local: Local): boolean {
  return (
    (entry.weekdays?.some((day) => day === local.weekday) ?? true) &&
    (entry.months?.includes(local.month) ?? true) &&
    (entry.days_of_month?.includes(local.day) ?? true)
  );
}

/** The wall-clock day before, for the part of a night that lies after midnight. */
function dayBefore(at: number, zone: string, local: Local): Local {
  // Three hours more than since midnight: the night may have had an hour too many.
  const before = localOf(at - (local.minute + 180) * 60_000, zone);
  const index = (WEEKDAYS.indexOf(local.weekday) + 6) % 7;
  return { ...before, weekday: WEEKDAYS[index] ?? '' };
}

function within(entry: TimeInterval[number], at: number): boolean {
  const local = localOf(at, entry.zone);
  if (entry.times === undefined) return dayFits(entry, local);
  return entry.times.some((range) => {
    const [from = 0, to = 0] = range.split('-').map(minuteOf);
    if (from < to) return local.minute >= from && local.minute < to && dayFits(entry, local);
    // Past midnight: the evening belongs to today, the small hours to the day before.
    if (local.minute >= from) return dayFits(entry, local);
    return local.minute < to && dayFits(entry, dayBefore(at, entry.zone, local));
  });
}

/** True when a moment (epoch ms) lies in any entry of the interval. */
export function isWithin(interval: TimeInterval, at: number): boolean {
  return interval.some((entry) => within(entry, at));
}
