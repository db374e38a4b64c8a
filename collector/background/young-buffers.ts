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
