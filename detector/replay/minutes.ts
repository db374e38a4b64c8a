/** The calls of one entity, minute by minute, of the present hour and what trails behind it. */
export interface Minutes {
  /** The hour that `present` is of. */
  hour: number;
  present: Uint32Array;
  before: Uint32Array;
  /** Sums of the last 24 hours, by hour modulo 24, and the hour that each is of. */
  sums: Float64Array;
  sumHours: Int32Array;
}

/** No calls yet. */
export function emptyMinutes(): Minutes {
  return {
    hour: -2,
    present: new Uint32Array(60),
    before: new Uint32Array(60),
    sums: new Float64Array(24),
    sumHours: new Int32Array(24),
  };
}

/** Turns to a later hour: what was present trails behind, if it is the hour before. */
export function turnTo(minutes: Minutes, hour: number): void {
  if (minutes.hour === hour) return;
  const { present, before } = minutes;
  if (minutes.hour === hour - 1) {
    minutes.present = before;
    minutes.before = present;
  } else {
    before.fill(0);
  }
  minutes.present.fill(0);
  minutes.hour = hour;
}

/** Adds calls in a minute of the present hour. */
export function addCalls(minutes: Minutes, minute: number, calls: number): void {
  minutes.present[minute] = (minutes.present[minute] ?? 0) + calls;
  const slot = minutes.hour % 24;
  if (minutes.sumHours[slot] !== minutes.hour) {
    minutes.sumHours[slot] = minutes.hour;
    minutes.sums[slot] = 0;
  }
  minutes.sums[slot] = (minutes.sums[slot] ?? 0) + calls;
}

/** Calls of the 23 hours before the present one. */
export function sumOfDayBefore(minutes: Minutes): number {
  let sum = 0;
  for (let i = 0; i < 24; i += 1) {
    const hour = minutes.sumHours[i] ?? 0;
    if (hour < minutes.hour && hour > minutes.hour - 24) sum += minutes.sums[i] ?? 0;
  }
  return sum;
}

/** Sums of a window over the hour and the one before: `[i]` is all up to minute i − 60, exclusive. */
export function prefixOf(minutes: Minutes): Float64Array {
  const prefix = new Float64Array(121);
  for (let i = 0; i < 60; i += 1) prefix[i + 1] = (prefix[i] ?? 0) + (minutes.before[i] ?? 0);
  for (let i = 0; i < 60; i += 1)
    prefix[i + 61] = (prefix[i + 60] ?? 0) + (minutes.present[i] ?? 0);
  return prefix;
}

/** Calls in the `span` minutes that end with minute `m` (inclusive) of the present hour. */
export function trailing(prefix: Float64Array, m: number, span: number): number {
  return (prefix[m + 61] ?? 0) - (prefix[m + 61 - span] ?? 0);
}
