import type { Intake } from '../intake.ts';

/** Senders whose use is remembered; keys are few, so more than that is a fault. */
const MOST_SENDERS = 1_000;

/**
 * Holds each sender to so many bytes a second, averaged over ten; what is over is told to come
 * again, as a full collector would. One sender's flood leaves room for the others.
 *
 * @param bytesPerSecond 0 sets no limit
 * @param now a clock, ms
 */
export function limitSenders(intake: Intake, bytesPerSecond: number, now: () => number): Intake {
  if (bytesPerSecond === 0) return intake;
  const burst = bytesPerSecond * 10;
  const buckets = new Map<string, { left: number; at: number }>();
  return async (body, encoding, signal, sender) => {
    const at = now();
    const bucket = buckets.get(sender) ?? { left: burst, at };
    bucket.left = Math.min(burst, bucket.left + ((at - bucket.at) / 1_000) * bytesPerSecond);
    bucket.at = at;
    if (buckets.size < MOST_SENDERS) buckets.set(sender, bucket);
    if (bucket.left <= 0) {
      const retryAfter = Math.max(1, Math.ceil(-bucket.left / bytesPerSecond));
      const message = 'this sender is over collector.sender_bytes_per_second';
      return { kind: 'unavailable', message, retryAfter };
    }
    // Into debt for one request: a body larger than the burst must pass some time.
    bucket.left -= body.length;
    return intake(body, encoding, signal, sender);
  };
}
