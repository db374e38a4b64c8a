/**
 * Lets one piece of work begin in each turn of the event loop. Where many bodies come at once they would
 * else be read one after another before anything else is looked at: acknowledgements that are due, timers,
 * new connections (of which libuv takes one a turn).
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  /** Something began in this turn already. */
  #isTaken = false;

  /** Resolves when it is the caller's turn: at once where nobody came before it in this one. */
  async next(): Promise<void> {
    if (this.#isTaken) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      return;
    }
    this.#take();
  }

  #take(): void {
    this.#isTaken = true;
    setImmediate(() => {
      this.#isTaken = false;
      const resolve = this.#waiting.shift();
      if (resolve === undefined) return;
      this.#take();
      resolve();
    });
  }
}
