import { createHmac, randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { blocksSchema } from './block-kit.ts';
import type { Block } from './block-kit.ts';

/** A message as the page shows it. */
export interface SlackMessage {
  channel: string;
  ts: string;
  thread_ts: string;
  broadcast: boolean;
  text: string;
  blocks: Block[];
  edited: boolean;
  metadata: unknown;
}

export interface SlackStandInOptions {
  token: string;
  /** Where button presses go, and the secret that signs them; none: buttons say that nobody listens. */
  interactions?: { url: string; signingSecret: string };
  now: () => number;
  changed: () => void;
}

export interface SlackStandIn {
  messages: SlackMessage[];
  /** Names of the API's methods in the order in which they were called; the last thousand. */
  calls: string[];
  /** Tells where buttons go, once that is known. */
  listenTo(interactions: { url: string; signingSecret: string }): void;
  register(app: FastifyInstance): void;
}

const MAX_MESSAGES = 500;

const postSchema = z.object({
  channel: z.string().min(1),
  text: z.string().max(40_000).default(''),
  blocks: z.string().optional(),
  thread_ts: z.string().optional(),
  reply_broadcast: z.stringbool().default(false),
  metadata: z.string().optional(),
});

const updateSchema = z.object({
  channel: z.string(),
  ts: z.string(),
  text: z.string().default(''),
  blocks: z.string().optional(),
});

const pressSchema = z.object({
  channel: z.string(),
  ts: z.string(),
  action_id: z.string(),
  value: z.string().default(''),
});

type Answer = Record<string, unknown> & { ok: boolean };

function parseBlocks(text: string | undefined): Block[] | string {
  if (text === undefined) return [];
  const parsed = blocksSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return `${issue?.path.join('/') ?? ''}: ${issue?.message ?? 'invalid'}`;
}

type Form = Record<string, string>;

function invalidBlocks(why: string): Answer {
  return { ok: false, error: 'invalid_blocks', response_metadata: { messages: [why] } };
}

/** Slack's Web API as far as a notifier uses it, with Slack's own checks and words. */
class SlackWebApi {
  readonly messages: SlackMessage[] = [];
  readonly calls: string[] = [];
  readonly #options: SlackStandInOptions;
  readonly #methods: Record<string, (form: Form) => Answer> = {
    'auth.test': () => ({ ok: true, user: 'tokenwatch', team: 'Example bank' }),
    'chat.postMessage': (form) => this.#post(form),
    'chat.update': (form) => this.#update(form),
    'conversations.history': (form) => this.#listed(form, false),
    'conversations.replies': (form) => this.#listed(form, true),
  };
  #counter = 0;

  constructor(options: SlackStandInOptions) {
    this.#options = options;
  }

  nextTs(): string {
    this.#counter += 1;
    const seconds = Math.floor(this.#options.now() / 1000);
    return `${String(seconds)}.${String(this.#counter).padStart(6, '0')}`;
  }

  #find(channel: string, ts: string): SlackMessage | undefined {
    return this.messages.find((message) => message.channel === channel && message.ts === ts);
  }

  #post(form: Form): Answer {
    const parsed = postSchema.safeParse(form);
    if (!parsed.success) return { ok: false, error: 'invalid_arguments' };
    const { channel, text, thread_ts: thread = '', reply_broadcast: broadcast } = parsed.data;
    const blocks = parseBlocks(parsed.data.blocks);
    if (typeof blocks === 'string') return invalidBlocks(blocks);
    if (text === '' && blocks.length === 0) return { ok: false, error: 'no_text' };
    if (thread !== '' && this.#find(channel, thread) === undefined) {
      return { ok: false, error: 'thread_not_found' };
    }
    const given = parsed.data.metadata;
    const metadata: unknown = given === undefined ? null : JSON.parse(given);
    const ts = this.nextTs();
    const message = { channel, ts, thread_ts: thread, broadcast, text, blocks, edited: false };
    this.messages.push({ ...message, metadata });
    if (this.messages.length > MAX_MESSAGES) this.messages.shift();
    this.#options.changed();
    return { ok: true, channel, ts, message: { text, ts } };
  }

  #update(form: Form): Answer {
    const parsed = updateSchema.safeParse(form);
    if (!parsed.success) return { ok: false, error: 'invalid_arguments' };
    const message = this.#find(parsed.data.channel, parsed.data.ts);
    if (message === undefined) return { ok: false, error: 'message_not_found' };
    const blocks = parseBlocks(parsed.data.blocks);
    if (typeof blocks === 'string') return invalidBlocks(blocks);
    Object.assign(message, { text: parsed.data.text, blocks, edited: true });
    this.#options.changed();
    return { ok: true, channel: message.channel, ts: message.ts, text: message.text };
  }

  #listed(form: Form, thread: boolean): Answer {
    const of = this.messages.filter(
      (message) =>
        message.channel === form['channel'] &&
        (thread ? message.thread_ts === form['ts'] : message.thread_ts === ''),
    );
    return { ok: true, messages: of.toReversed().slice(0, Number(form['limit'] ?? 100)) };
  }

  /** One call of the API; null when there is no such method. */
  answer(method: string, authorization: string | undefined, form: Form): Answer | null {
    this.calls.push(method);
    if (this.calls.length > 1_000) this.calls.shift();
    if (authorization !== `Bearer ${this.#options.token}`)
      return { ok: false, error: 'invalid_auth' };
    return this.#methods[method]?.(form) ?? null;
  }
}

/** A press of a button, signed and sent as Slack does; resolves with what went wrong, if anything. */
async function sendPress(
  { channel, ts, action_id: action, value }: z.infer<typeof pressSchema>,
  { url, signingSecret }: { url: string; signingSecret: string },
  now: number,
): Promise<string> {
  const payload = {
    type: 'block_actions',
    user: { id: 'U0DEMO', username: 'you' },
    channel: { id: channel },
    container: { channel_id: channel, message_ts: ts },
    trigger_id: randomBytes(8).toString('hex'),
    actions: [{ type: 'button', action_id: action, value, action_ts: String(now / 1000) }],
  };
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const timestamp = String(Math.floor(now / 1000));
  const mac = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${mac}`,
  };
  const answer = await fetch(url, {
    method: 'POST',
    body,
    headers,
    signal: AbortSignal.timeout(3_000),
  });
  return answer.ok ? '' : `tokenwatch answered ${String(answer.status)}`;
}

/** Slack's Web API and its buttons, for the page and for tests. */
export function createSlackStandIn(options: SlackStandInOptions): SlackStandIn {
  const api = new SlackWebApi(options);
  let { interactions } = options;
  const call = async (request: FastifyRequest, reply: FastifyReply): Promise<Answer> => {
    const { method } = request.params as { method: string };
    const form = (request.body ?? {}) as Form;
    const answer = api.answer(method, request.headers.authorization, form);
    return answer ?? (await reply.code(404).send({ ok: false, error: 'unknown_method' }));
  };
  const press = async (request: FastifyRequest): Promise<{ said: string }> => {
    const parsed = pressSchema.safeParse(request.body);
    if (!parsed.success) return { said: 'not a button' };
    if (interactions === undefined)
      return { said: 'Nobody listens to buttons here: use the console.' };
    return { said: await sendPress(parsed.data, interactions, options.now()) };
  };
  return {
    messages: api.messages,
    calls: api.calls,
    listenTo: (target) => {
      interactions = target;
    },
    register: (app) => {
      app.post('/slack/api/:method', call);
      app.post('/slack/press', press);
    },
  };
}
