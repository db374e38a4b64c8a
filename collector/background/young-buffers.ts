import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes after which the young buffers are collected. */
const EACH = 16 * 1024 * 1024;

/** V8's own function, which Node gives to nobody who does not ask for it. */
function minorCollection(): () => void {
  setFlagsFromString('--expose-gc');
  const script = "typeof gc === 'function' ? gc : null";
  const collect = runInNewContext(script) as ((options: { type: 'minor' }) => void) | null;
  setFlagsFromString('--no-expose-gc');
  return () => collect?.({ type: 'minor' });
}

/**
 * V8 begins to mark the old objects when no more is left below their limit than the young ones may take,
 * and counts buffers among the old ones. Here that is so nearly always: with bodies waiting it marked
 * fifty megabytes eight times a second. It is to wait until this share of what is left is used.
 */
function markLater(): void {
  setFlagsFromString('--incremental-marking-soft-trigger=80');
  setFlagsFromString('--incremental-marking-hard-trigger=90');
}

markLater();
const collect = minorCollection();
let passed = 0;

/**
 * Told of each large buffer that was used once. Node copies every chunk of a body into a buffer of its
 * own; V8 counts these bytes, but objects are so few here that it seldom collects the young ones. It
 * marks the whole heap instead, seven times a second at 100,000 spans/s, which took a third of the
 * collector's CPU time. A collection of young objects takes less than a millisecond, so one is asked for
 * every so many bytes.
 */
export function bufferPassed(bytes: number): void {
  passed += bytes;
  if (passed < EACH) return;
  passed = 0;
  collect();
}
