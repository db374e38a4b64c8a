/** A set of 64-bit keys, in two halves each, that remembers about the last `most` of them. */
export interface KeySet {
  has: (low: number, high: number) => boolean;
  add: (low: number, high: number) => void;
  /** Keys held now. */
  readonly size: number;
}

/** Slots of a generation at first; they double when more than half are taken. */
const FIRST_SLOTS = 4096;

/** One generation: open addressing in 8 bytes a slot. The key 0 is held by nobody and means free. */
class Generation {
  #halves = new Uint32Array(2 * FIRST_SLOTS);
  size = 0;

  /** The slot that holds a key, or the free one where it belongs. */
  #slotOf(low: number, high: number): number {
    const mask = this.#halves.length / 2 - 1;
    // Keys are hashes: their bits are as good as any.
    let slot = low & mask;
    while (!this.#holds(slot, low, high) && !this.#holds(slot, 0, 0)) slot = (slot + 1) & mask;
    return slot;
  }

  #holds(slot: number, low: number, high: number): boolean {
    return this.#halves[2 * slot] === low && this.#halves[2 * slot + 1] === high;
  }

  has(low: number, high: number): boolean {
    return this.#holds(this.#slotOf(low, high), low, high);
  }

  add(low: number, high: number): void {
    const slot = this.#slotOf(low, high);
    if (this.#holds(slot, low, high)) return;
    this.#halves[2 * slot] = low;
    this.#halves[2 * slot + 1] = high;
    this.size += 1;
    if (4 * this.size > this.#halves.length) this.#grow();
  }

  #grow(): void {
    const before = this.#halves;
    this.#halves = new Uint32Array(2 * before.length);
    this.size = 0;
    for (let i = 0; i < before.length; i += 2) {
      const low = before[i] ?? 0;
      const high = before[i + 1] ?? 0;
      if (low !== 0 || high !== 0) this.add(low, high);
    }
  }
}

/** @param most keys held at once, in two generations of half as many; 16 to 32 bytes each */
export function createKeySet(most: number): KeySet {
  let young = new Generation();
  let old = new Generation();
  return {
    has: (low, high) => (low !== 0 || high !== 0) && (young.has(low, high) || old.has(low, high)),
    add(low, high) {
      if (low === 0 && high === 0) return;
      if (young.size >= most / 2) {
        old = young;
        young = new Generation();
      }
      young.add(low, high);
    },
    get size() {
      return young.size + old.size;
    },
  };
}
