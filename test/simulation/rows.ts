/** A growing table of calls in columns: millions of them without an object each. */

/** Outcome, place and content of one call; indexes refer to the world and the catalogue. */
export interface Row {
  /** Epoch ms. */
  time: number;
  slot: number;
  /** Which of the slot's credentials. */
  life: number;
  route: number;
  status: number;
  place: number;
  /** With the place, one address. */
  ip: number;
  agent: number;
  /** 0 production, 1 staging. */
  environment: number;
  /** 0 for none; else the slot's own object number. */
  object: number;
  /** 0 for none; else the slot's own nonce number. */
  nonce: number;
  /** 0 for a benign call, else 1 + the attack's index. Never part of the data that is loaded. */
  attack: number;
}

type Column = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;
const COLUMNS = [
  ...(['time', 'slot', 'life', 'route', 'status', 'place', 'ip', 'agent'] as const),
  ...(['environment', 'object', 'nonce', 'attack'] as const),
];

export class Rows {
  length = 0;
  #capacity = 1024;
  readonly #columns: Record<keyof Row, Column>;

  constructor() {
    const empty = (): Uint32Array<ArrayBuffer> => new Uint32Array(this.#capacity);
    this.#columns = {
      ...{ time: new Float64Array(this.#capacity), slot: empty(), life: empty(), route: empty() },
      ...{ status: empty(), place: empty(), ip: empty(), agent: empty(), environment: empty() },
      ...{ object: empty(), nonce: empty(), attack: empty() },
    };
  }

  push(row: Row): void {
    if (this.length === this.#capacity) this.#grow();
    for (const name of COLUMNS) this.#columns[name][this.length] = row[name];
    this.length += 1;
  }

  /** One value; the index must be below the length. */
  get(column: keyof Row, index: number): number {
    return this.#columns[column][index] ?? 0;
  }

  row(index: number): Row {
    const out: Partial<Row> = {};
    for (const name of COLUMNS) out[name] = this.get(name, index);
    return out as Row;
  }

  /**
   * Moves what lies before `until` out, in order of time (ties in order of pushing); the rest
   * stays. Times of one table must lie within 2^31 ms of each other.
   */
  takeBefore(until: number): Rows {
    let base = Infinity;
    for (let i = 0; i < this.length; i++) base = Math.min(base, Math.floor(this.get('time', i)));
    const keys = new Float64Array(this.length);
    for (let i = 0; i < this.length; i++) {
      keys[i] = (Math.floor(this.get('time', i)) - base) * 2 ** 22 + i;
    }
    keys.sort();
    const taken = new Rows();
    const kept = new Rows();
    for (const key of keys) {
      const row = this.row(key % 2 ** 22);
      (row.time < until ? taken : kept).push(row);
    }
    this.length = 0;
    for (let i = 0; i < kept.length; i++) this.push(kept.row(i));
    return taken;
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const name of COLUMNS) {
      const old = this.#columns[name];
      const next =
        old instanceof Float64Array
          ? new Float64Array(this.#capacity)
          : new Uint32Array(this.#capacity);
      next.set(old);
      this.#columns[name] = next;
    }
  }
}
