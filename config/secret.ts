import { inspect } from 'node:util';
import { z } from 'zod';

/** A value that must not be seen: it prints, logs and serialises as `[redacted]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself; call it only where it is used. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }

  [inspect.custom](): string {
    return '[redacted]';
  }
}

/**
 * The schema of a secret. Its value comes from the environment (`TOKENWATCH_<PATH>`) or from a
 * file named by the key with `_file` behind it; the loader refuses it in plain YAML.
 */
export function secret() {
  return z
    .string()
    .min(1)
    .transform((value) => new Secret(value))
    .meta({ secret: true });
}
