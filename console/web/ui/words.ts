import type { IncidentStatus, Severity } from '../api-types.ts';

export const SEVERITIES: Severity[] = ['critical', 'high', 'medium', 'low'];

export const STATUS_WORDS: Record<IncidentStatus, string> = {
  open: 'Open',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
  false_positive: 'False positive',
};

/** The first letters of a hash: enough to tell tokens apart at a glance. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}

/** `person:ada` → `ada`; programs keep their kind. */
export function actorName(actor: string): string {
  return actor.replace(/^(person|key|slack):/, '');
}

const UNITS: [number, string][] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'm'],
];

/** `3d`, `2h`, `14m`, `now`: how long ago, in the largest whole unit. */
export function age(iso: string, now: number): string {
  const seconds = Math.max(0, (now - Date.parse(iso)) / 1000);
  const unit = UNITS.find(([size]) => seconds >= size);
  return unit === undefined ? 'now' : `${String(Math.floor(seconds / unit[0]))}${unit[1]}`;
}

function both(large: number, unit: string, small: number, smaller: string): string {
  const first = `${String(large)} ${unit}`;
  return small === 0 ? first : `${first} ${String(small)} ${smaller}`;
}

/** `850 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`: a length of time in words. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${String(Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.floor((ms % 60_000) / 1000);
  if (minutes < 60) return both(minutes, 'min', seconds, 's');
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? both(hours, 'h', minutes % 60, 'min') : `${String(Math.round(hours / 24))} d`;
}

const clock = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

/** Local date and time to the second. */
export function moment(iso: string): string {
  return iso === '' ? '–' : clock.format(new Date(iso));
}

const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

export function number(value: number): string {
  return plain.format(value);
}
