import type { ServerResponse } from 'node:http';
import type { Logger } from '../config/logger.ts';
import { readQueueChanges, readServerTime } from '../store/console/queue.ts';
import type { QueueChange } from '../store/console/queue.ts';
import type { Db } from '../store/db.ts';

/** How often the store is asked while somebody listens, and how often silence is broken, ms. */
const POLL_EVERY = 500;
const HEARTBEAT_EVERY = 15_000;
/** Rows that were written while a poll ran may carry an earlier time than it saw, ms. */
const LOOK_BACK = 2_000;
/** Listeners at once, and bytes that one may leave unread before it is let go. */
const MAX_LISTENERS = 200;
const MAX_UNREAD = 256 * 1024;

/** Tells open pages which incidents changed, by server-sent events. */
export interface LiveHub {
  /** Takes a listener; false when there are too many. The response is ended by either side. */
  join: (response: ServerResponse) => boolean;
  /** How many listen. */
  readonly listeners: number;
  stop: () => Promise<void>;
}

export interface LiveOptions {
  db: Db;
  log: Logger;
}

function send(response: ServerResponse, text: string): void {
  // A page that does not read must not fill our memory; it reconnects when it is back.
  if (response.writableLength > MAX_UNREAD) response.destroy();
  else response.write(text);
}

function keyOf(change: QueueChange): string {
  return `${change.id}:${String(change.version)}`;
}

/** Follows the incidents table from the first look on: what was written since, each state once. */
function follower(db: Db): () => Promise<QueueChange[]> {
  let since: number | null = null;
  let told = new Map<string, QueueChange>();
  return async () => {
    const first = since === null;
    const from = since ?? (await readServerTime(db));
    const rows = await readQueueChanges(db, from - LOOK_BACK);
    const fresh = rows.filter((row) => !told.has(keyOf(row)));
    since = Math.max(from, rows.at(-1)?.writtenAt ?? 0);
    const forgotten = since - LOOK_BACK;
    for (const row of fresh) told.set(keyOf(row), row);
    told = new Map([...told].filter(([, row]) => row.writtenAt >= forgotten));
    return first ? [] : fresh;
  };
}

/**
 * One poller for all open pages; it rests while nobody listens.
 */
export function createLiveHub({ db, log }: LiveOptions): LiveHub {
  const listeners = new Set<ServerResponse>();
  let changes = follower(db);
  let polling: Promise<void> | null = null;
  let stopped = false;

  function tell(text: string): void {
    for (const response of listeners) send(response, text);
  }

  async function poll(): Promise<void> {
    try {
      const rows = await changes();
      if (rows.length === 0) return;
      const data = rows.map(({ writtenAt, ...row }) => row);
      tell(`event: incidents\ndata: ${JSON.stringify(data)}\n\n`);
    } catch (error) {
      log.warn({ err: error }, 'live updates could not be read');
    }
  }

  const timer = setInterval(() => {
    if (stopped || polling !== null) return;
    if (listeners.size === 0) {
      changes = follower(db);
      return;
    }
    polling = poll().finally(() => {
      polling = null;
    });
  }, POLL_EVERY);
  const heartbeat = setInterval(() => tell(': still here\n\n'), HEARTBEAT_EVERY);

  return {
    join(response) {
      if (stopped || listeners.size >= MAX_LISTENERS) return false;
      listeners.add(response);
      response.on('close', () => listeners.delete(response));
      send(response, 'retry: 2000\nevent: hello\ndata: {}\n\n');
      return true;
    },
    get listeners() {
      return listeners.size;
    },
    async stop() {
      stopped = true;
      clearInterval(timer);
      clearInterval(heartbeat);
      for (const response of listeners) response.end();
      await polling;
    },
  };
}
