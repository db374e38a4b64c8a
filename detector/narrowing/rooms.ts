import type { WindowLimits } from '../../store/detection/window-counts.ts';

/** What is known of the calls that stand out for an entity in an hour; NaN: nothing is expected of it. */
export type Limits = Pick<WindowLimits, 'mean' | 'day' | 'earlier'>;

/** Slots at first; they double when more than half are taken. */
const FIRST_SLOTS = 4096;
/** Numbers of a slot: its key, the hour of its limits, the minute of its room and the room. */
const WORDS = 5;
const LIMITS = 3;

/**
 * How many more calls entities may make before they can stand out, by 64-bit keys that are hashes:
 * open addressing in 32 bytes a slot. The key 0 is held by nobody and means free.
 */
export class Rooms {
  readonly #most: number;
  #words = new Int32Array(WORDS * FIRST_SLOTS);
  #limits = new Float32Array(LIMITS * FIRST_SLOTS);
  #size = 0;

  /** @param most entities: when there are more, all is forgotten */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#size;
  }

  #holds(slot: number, low: number, high: number): boolean {
    return this.#words[slot * WORDS] === low && this.#words[slot * WORDS + 1] === high;
  }

  /** The slot that holds a key, or the free one where it belongs. */
  #slotOf(low: number, high: number): number {
    const mask = this.#words.length / WORDS - 1;
    let slot = low & mask;
    while (!this.#holds(slot, low | 0, high | 0) && !this.#holds(slot, 0, 0))
      slot = (slot + 1) & mask;
    return slot;
  }

  #take(low: number, high: number): number {
    const slot = this.#slotOf(low, high);
    if (!this.#holds(slot, 0, 0)) return slot;
    if (this.#size >= this.#most) this.clear();
    else if (2 * this.#size * WORDS >= this.#words.length) this.#grow();
    const own = this.#slotOf(low, high);
    this.#words[own * WORDS] = low;
    this.#words[own * WORDS + 1] = high;
    this.#size += 1;
    return own;
  }

  #grow(): void {
    const [words, limits] = [this.#words, this.#limits];
    this.#words = new Int32Array(2 * words.length);
    this.#limits = new Float32Array(2 * limits.length);
    for (let slot = 0; slot < words.length / WORDS; slot += 1) {
      const from = slot * WORDS;
      const [low = 0, high = 0] = words.subarray(from, from + 2);
      if (low === 0 && high === 0) continue;
      const to = this.#slotOf(low, high);
      this.#words.set(words.subarray(from, from + WORDS), to * WORDS);
      this.#limits.set(limits.subarray(slot * LIMITS, (slot + 1) * LIMITS), to * LIMITS);
    }
  }

  /** What is left in a minute (since the epoch): counted in it or before, in its hour; 0 where it is not known. */
  left(low: number, high: number, minute: number): number {
    const at = this.#slotOf(low, high) * WORDS;
    const counted = this.#words[at + 3] ?? 0;
    const isOfHour = Math.floor(counted / 60) === Math.floor(minute / 60);
    return isOfHour && counted <= minute ? (this.#words[at + 4] ?? 0) : 0;
  }

  /** Takes calls off what is left. */
  spend(low: number, high: number, calls: number): void {
    const at = this.#slotOf(low, high) * WORDS;
    const left = this.#words[at + 4] ?? 0;
    if (left > 0) this.#words[at + 4] = Math.max(0, left - calls);
  }

  /** Keeps what is left from a minute on; of a later one it stays. */
  keep(low: number, high: number, minute: number, left: number): void {
    const at = this.#take(low, high) * WORDS;
    if ((this.#words[at + 3] ?? 0) > minute) return;
    this.#words[at + 3] = minute;
    this.#words[at + 4] = Math.max(0, Math.min(1e9, left));
  }

  /** What is expected in an hour (since the epoch); null where it has not been asked for. */
  limitsOf(low: number, high: number, hour: number): Limits | null {
    const slot = this.#slotOf(low, high);
    if (this.#words[slot * WORDS + 2] !== hour) return null;
    const [mean = NaN, day = NaN, earlier = 0] = this.#limits.subarray(slot * LIMITS);
    return { mean, day, earlier };
  }

  /** Keeps what is expected in an hour. */
  expect(low: number, high: number, hour: number, limits: Limits): void {
    const slot = this.#take(low, high);
    this.#words[slot * WORDS + 2] = hour;
    this.#limits.set([limits.mean, limits.day, limits.earlier], slot * LIMITS);
  }

  /** Forgets everything. */
  clear(): void {
    this.#words = new Int32Array(WORDS * FIRST_SLOTS);
    this.#limits = new Float32Array(LIMITS * FIRST_SLOTS);
    this.#size = 0;
  }
}

/** Nothing is expected of it by itself. */
export const NOBODYS: Limits = { mean: NaN, day: NaN, earlier: 0 };
