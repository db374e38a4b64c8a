/** How many loud messages a receiver takes in a period; ms. */
export interface Cap {
  messages: number;
  per: number;
}

/**
 * A sliding window over the moments of loud messages. Critical ones have a window of their own: a
 * storm of small things must not hold back a grave one.
 */
export class CapWindow {
  readonly #cap: Cap;
  readonly #moments: { usual: number[]; critical: number[] } = { usual: [], critical: [] };

  constructor(cap: Cap) {
    this.#cap = cap;
  }

  #recent(critical: boolean, now: number): number[] {
    const lane = critical ? 'critical' : 'usual';
    // What lies ahead was noted before the clock was set back.
    this.#moments[lane] = this.#moments[lane].filter((at) => at > now - this.#cap.per && at <= now);
    return this.#moments[lane];
  }

  /** Takes a place if there is one. */
  take(critical: boolean, now: number): boolean {
    const recent = this.#recent(critical, now);
    if (recent.length >= this.#cap.messages) return false;
    recent.push(now);
    return true;
  }

  /** A place that was taken earlier, perhaps by another process. */
  note(critical: boolean, at: number): void {
    this.#moments[critical ? 'critical' : 'usual'].push(at);
  }

  /** When the next place is free, epoch ms. */
  freeAt(critical: boolean, now: number): number {
    const recent = this.#recent(critical, now);
    return recent.length < this.#cap.messages ? now : (recent[0] ?? now) + this.#cap.per;
  }
}
