import {
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebAPIRequestError,
  WebClient,
} from '@slack/web-api';
import type { ReceiverOf } from '../../../config/receivers.ts';
import type { Attempt, NotifierKind, NotifierOptions, Outcome } from '../../notifier.ts';
import { fallbackText, incidentBlocks, threadBlocks } from './blocks.ts';
import { findPosted } from './find-posted.ts';

/** Slack's words for troubles of its own, or of the moment; everything else will not change by trying. */
const PASSING = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'rate_limited',
  'team_added_to_org',
]);

/** The library would retry, log and keep secrets in errors; all three are ours to do. */
export function clientFor(receiver: ReceiverOf<'slack'>, signal: AbortSignal): WebClient {
  return new WebClient(receiver.token.reveal(), {
    ...(receiver.api_url === undefined ? {} : { slackApiUrl: receiver.api_url }),
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: silentLogger(),
    fetch: async (url, init) => fetch(url, { ...(init as RequestInit), redirect: 'error', signal }),
  });
}

type Logger = NonNullable<NonNullable<ConstructorParameters<typeof WebClient>[1]>['logger']>;

function silentLogger(): Logger {
  const nothing = (): void => undefined;
  return {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: nothing,
    setLevel: nothing,
    setName: nothing,
    getLevel: () => 'error' as never,
  };
}

/** What a failed call means; its message is our own words, never the library's. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof WebAPIRateLimitedError) {
    return { kind: 'retry', why: 'Slack: rate limited', afterMs: error.retryAfter * 1_000 };
  }
  if (error instanceof WebAPIPlatformError) {
    const word = error.data.error.replace(/[^a-z0-9_]/gi, '').slice(0, 60);
    return { kind: PASSING.has(word) ? 'retry' : 'refused', why: `Slack: ${word}` };
  }
  if (error instanceof WebAPIHTTPError) {
    const why = `Slack: HTTP ${String(error.statusCode)}`;
    const passing = error.statusCode >= 500 || error.statusCode === 429 || error.statusCode === 408;
    return { kind: passing ? 'retry' : 'refused', why };
  }
  if (error instanceof WebAPIRequestError) {
    return { kind: 'retry', why: `Slack: ${causeOf(error.original)}` };
  }
  return { kind: 'retry', why: `Slack: ${causeOf(error)}` };
}

/** A network error's code, which holds no address and no secret. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const { name, cause } = error;
  if (name === 'AbortError' || name === 'TimeoutError') return 'no answer in time';
  const code =
    (cause as NodeJS.ErrnoException | undefined)?.code ?? (error as NodeJS.ErrnoException).code;
  return typeof code === 'string' && /^[A-Z_]+$/.test(code) ? code : 'connection failed';
}

/** `channel:ts`, as deliveries keep it. */
function refOf(channel: string, ts: string): string {
  return `${channel}:${ts}`;
}

function parseRef(ref: string): { channel: string; ts: string } | null {
  const at = ref.lastIndexOf(':');
  return at <= 0 ? null : { channel: ref.slice(0, at), ts: ref.slice(at + 1) };
}

class SlackNotifier {
  readonly #receiver: ReceiverOf<'slack'>;
  readonly #buttons: boolean;

  constructor({ receiver, buttons }: NotifierOptions<'slack'>) {
    this.#receiver = receiver;
    this.#buttons = buttons;
  }

  async send(attempt: Attempt): Promise<Outcome> {
    const client = clientFor(this.#receiver, attempt.signal);
    try {
      const earlier = parseRef(attempt.thread);
      if (earlier === null) return await this.#post(client, attempt);
      return await this.#update(client, attempt, earlier);
    } catch (error) {
      return outcomeOf(error);
    }
  }

  async #post(client: WebClient, attempt: Attempt): Promise<Outcome> {
    if (attempt.uncertain) {
      const found = await findPosted(client, this.#receiver.channel, attempt.id);
      if (found !== null) return { kind: 'sent', ref: refOf(found.channel, found.ts) };
    }
    const answer = await client.chat.postMessage({
      channel: this.#receiver.channel,
      text: fallbackText(attempt.notice),
      blocks: incidentBlocks(attempt.notice, this.#buttons),
      unfurl_links: false,
      unfurl_media: false,
      metadata: metadataOf(attempt),
    });
    if (answer.ts === undefined) return { kind: 'retry', why: 'Slack: answer without a ts' };
    return { kind: 'sent', ref: refOf(answer.channel ?? this.#receiver.channel, answer.ts) };
  }

  async #update(
    client: WebClient,
    attempt: Attempt,
    earlier: { channel: string; ts: string },
  ): Promise<Outcome> {
    const { notice } = attempt;
    try {
      await client.chat.update({
        ...earlier,
        text: fallbackText(notice),
        blocks: incidentBlocks(notice, this.#buttons),
      });
    } catch (error) {
      // Somebody deleted the message: the incident is told anew.
      const gone = error instanceof WebAPIPlatformError && error.data.error === 'message_not_found';
      if (gone) return this.#post(client, attempt);
      throw error;
    }
    if (notice.news.length > 0 || notice.reason !== 'update')
      await this.#reply(client, attempt, earlier);
    return { kind: 'sent', ref: refOf(earlier.channel, earlier.ts) };
  }

  async #reply(
    client: WebClient,
    attempt: Attempt,
    earlier: { channel: string; ts: string },
  ): Promise<void> {
    const { notice } = attempt;
    if (
      attempt.uncertain &&
      (await findPosted(client, earlier.channel, attempt.id, earlier.ts)) !== null
    )
      return;
    const reply = {
      channel: earlier.channel,
      thread_ts: earlier.ts,
      text: fallbackText(notice),
      blocks: threadBlocks(notice),
      metadata: metadataOf(attempt),
    };
    // A reminder that nobody sees reminds nobody.
    const aloud = notice.reason === 'repeat' || notice.reason === 'escalation';
    await client.chat.postMessage(aloud ? { ...reply, reply_broadcast: true } : reply);
  }
}

function metadataOf(attempt: Attempt): { event_type: string; event_payload: { delivery: string } } {
  return { event_type: 'tokenwatch_delivery', event_payload: { delivery: attempt.id } };
}

/** A message in a channel, changed in place as the incident grows; its news goes to the thread. */
export const slack: NotifierKind<'slack'> = {
  type: 'slack',
  inPlace: true,
  // About one message a second and channel.
  spacing: 1_000,
  create: (options) => {
    const notifier = new SlackNotifier(options);
    return {
      send: async (attempt) => notifier.send(attempt),
      close: async () => Promise.resolve(),
    };
  },
};
