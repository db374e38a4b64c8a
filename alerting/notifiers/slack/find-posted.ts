import { WebAPIPlatformError } from '@slack/web-api';
import type { WebClient } from '@slack/web-api';

interface Posted {
  channel: string;
  ts: string;
}

/** How many of the latest messages are looked through. */
const LOOK_BACK = 100;

/**
 * Looks for a message that an earlier attempt may have posted before it could be noted: Slack has no
 * idempotency keys, but keeps the metadata that we attach. Needs the scope `channels:history` and a
 * channel id; without them the answer is null and a crash at the wrong moment shows a message twice.
 *
 * @param thread look among the replies to this message instead of the channel's own messages
 */
export async function findPosted(
  client: WebClient,
  channel: string,
  delivery: string,
  thread?: string,
): Promise<Posted | null> {
  const shared = { channel, limit: LOOK_BACK, include_all_metadata: true };
  try {
    const answer =
      thread === undefined
        ? await client.conversations.history(shared)
        : await client.conversations.replies({ ...shared, ts: thread });
    const messages = (answer.messages ?? []) as {
      ts?: string;
      metadata?: { event_payload?: Record<string, unknown> };
    }[];
    const found = messages.find(
      (message) => message.metadata?.event_payload?.['delivery'] === delivery,
    );
    return found?.ts === undefined ? null : { channel, ts: found.ts };
  } catch (error) {
    // A missing scope or an unknown name is no reason not to post; an outage is (the caller retries).
    if (error instanceof WebAPIPlatformError) return null;
    throw error;
  }
}
