/** What one user of a {@link Room} takes up, or waits to. */
export class Place {
  readonly #room: Room;
  readonly #letIn: () => void;
  #taken: number;
  #isInside = false;

  constructor(room: Room, taken: number, letIn: () => void) {
    this.#room = room;
    this.#taken = taken;
    this.#letIn = letIn;
  }

  get taken(): number {
    return this.#taken;
  }

  /** By the room alone, when there is space. */
  enter(): void {
    this.#isInside = true;
    this.#letIn();
  }

  /** Takes more, or less: a larger one waits for nobody, as it would wait for its own end. */
  resize(taken: number): void {
    const before = this.#taken;
    this.#taken = taken;
    if (this.#isInside) this.#room.free(before - taken);
  }

  /** Gives all of it back, or the waiting up; once. */
  leave(): void {
    this.#room.forget(this);
    this.resize(0);
    this.#isInside = false;
  }
}

/** Bounds what is held at once, in whatever unit; those beyond wait in the order in which they came. */
export class Room {
  readonly #size: number;
  readonly #waiting = new Set<Place>();
  #left: number;

  constructor(size: number) {
    this.#size = size;
    this.#left = size;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Asks for space; who wants more than all of it gets all of it.
   *
   * @param letIn called once there is space: at once where there is some and nobody waits
   */
  enter(wanted: number, letIn: () => void): Place {
    const place = new Place(this, Math.min(wanted, this.#size), letIn);
    this.#waiting.add(place);
    this.free(0);
    return place;
  }

  /** The same as a promise. */
  async wait(wanted: number): Promise<Place> {
    return new Promise((resolve) => {
      const place: Place = this.enter(wanted, () => queueMicrotask(() => resolve(place)));
    });
  }

  /** Space that came back, negative for space that was taken. */
  free(space: number): void {
    this.#left += space;
    for (const place of this.#waiting) {
      if (place.taken > this.#left) return;
      this.#waiting.delete(place);
      this.#left -= place.taken;
      place.enter();
    }
  }

  forget(place: Place): void {
    // The one behind it may fit where it did not.
    if (this.#waiting.delete(place)) this.free(0);
  }
}
