/** How many loud messages a receiver takes in a period; ms. */
export interface Cap {
  messages: number;
  per: number;
}

/**
 * What a place is taken for; each lane has as many. A storm of small things must not hold back a
 * grave one, nor the replies in one conversation the beginning of another.
 */
export type CapLane = 'usual' | 'critical' | 'reply';

/** A sliding window over the moments of loud messages. */
export class CapWindow {
  readonly #cap: Cap;
  readonly #moments: Record<CapLane, number[]> = { usual: [], critical: [], reply: [] };

  constructor(cap: Cap) {
    this.#cap = cap;
  }

  #recent(lane: CapLane, now: number): number[] {
    // What lies ahead was noted before the clock was set back.
    this.#moments[lane] = this.#moments[lane].filter((at) => at > now - this.#cap.per && at <= now);
    return this.#moments[lane];
  }

  /** Takes a place if there is one. */
  take(lane: CapLane, now: number): boolean {
    const recent = this.#recent(lane, now);
    if (recent.length >= this.#cap.messages) return false;
    recent.push(now);
    return true;
  }

  /** A place that was taken earlier, perhaps by another process. */
  note(lane: CapLane, at: number): void {
    this.#moments[lane].push(at);
  }

  /** When the next place is free, epoch ms. */
  freeAt(lane: CapLane, now: number): number {
    const recent = this.#recent(lane, now);
    return recent.length < this.#cap.messages ? now : (recent[0] ?? now) + this.#cap.per;
  }
}
