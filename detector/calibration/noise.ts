import type { SurpriseRow } from '../../store/detection/surprises.ts';

/** An entity's own record reaches so far back, and not up to now, hours. */
export const RECORD_HOURS = 14 * 24;
const RECENT_HOURS = 12;
/** Nobody is believed to be quieter than this, bits. */
const QUIETEST = 4;

interface Peak {
  hour: number;
  bits: number;
}

/** The strongest surprise of each hour, by entity and dimension. */
export type Noise = Map<string, Peak[]>;

function keyOf(key: string, dimension: string): string {
  return `${dimension}\0${key}`;
}

/** Notes surprises; of an hour the strongest stays. What is too old is forgotten on the way. */
export function noteNoise(noise: Noise, surprises: readonly SurpriseRow[]): void {
  for (const { key, dimension, time, bits } of surprises) {
    const hour = Math.floor(time / 3_600_000);
    const name = keyOf(key, dimension);
    const peaks = noise.get(name);
    if (peaks === undefined) {
      noise.set(name, [{ hour, bits }]);
      continue;
    }
    const same = peaks.find((peak) => peak.hour === hour);
    if (same !== undefined) same.bits = Math.max(same.bits, bits);
    else peaks.push({ hour, bits });
    while ((peaks[0]?.hour ?? hour) < hour - RECORD_HOURS) peaks.shift();
  }
}

/**
 * What an entity is known for in a dimension: the mean of its two strongest hours of the last 14
 * days, the last 12 hours left out, at least 4 bits.
 */
export function usualPeak(noise: Noise, key: string, dimension: string, hour: number): number {
  let first = 0;
  let second = 0;
  for (const peak of noise.get(keyOf(key, dimension)) ?? []) {
    if (peak.hour >= hour - RECENT_HOURS || peak.hour < hour - RECORD_HOURS) continue;
    if (peak.bits > first) {
      second = first;
      first = peak.bits;
    } else second = Math.max(second, peak.bits);
  }
  return Math.max(QUIETEST, (first + second) / 2);
}

/** Bits over what an entity is known for: (bits − .8r)/(3 + .15r). */
export function excessOf(bits: number, r: number): number {
  return (bits - 0.8 * r) / (3 + 0.15 * r);
}

/** The bits of an excess: the reverse of {@link excessOf}. */
export function bitsOf(excess: number, r: number): number {
  return excess * (3 + 0.15 * r) + 0.8 * r;
}
