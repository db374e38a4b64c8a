import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** A process of the demo, seen from its parent. */
export interface Child<Message> {
  name: string;
  /** Its first message; rejects when the process ends before. */
  first: () => Promise<Message>;
  send: (message: object) => void;
  /** Asks it to finish, waits, and ends it after `patienceMs`. Safe to call twice. */
  stop: () => Promise<void>;
}

export interface StartOptions<Message> {
  name: string;
  file: URL;
  execArgv?: readonly string[];
  env: NodeJS.ProcessEnv;
  onMessage?: (message: Message) => void;
  /** It ended without being asked to. */
  onCrash: (name: string, code: number | null) => void;
}

const PATIENCE_MS = 15_000;

/** Starts a `.ts` file as a child process that talks over Node's channel. */
export function startChild<Message>(options: StartOptions<Message>): Child<Message> {
  const process = fork(options.file, {
    execArgv: [...(options.execArgv ?? [])],
    env: options.env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let stopping = false;
  const exited = new Promise<number | null>((resolve) => {
    process.once('exit', (code) => {
      if (!stopping) options.onCrash(options.name, code);
      resolve(code);
    });
  });
  process.on('error', () => undefined); // `exit` or the refused message says the same.
  process.on('message', (message) => options.onMessage?.(message as Message));
  return {
    name: options.name,
    first: () => firstMessage<Message>(process, exited, options.name),
    send: (message) => void process.send(message),
    stop: async () => {
      stopping = true;
      if (process.exitCode !== null || process.signalCode !== null) return;
      if (process.connected) process.send({ kind: 'stop' }, () => undefined);
      const timer = setTimeout(() => process.kill('SIGKILL'), PATIENCE_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

async function firstMessage<Message>(
  process: ChildProcess,
  exited: Promise<number | null>,
  name: string,
): Promise<Message> {
  const arrived = new Promise<Message>((resolve) => {
    process.once('message', (message) => resolve(message as Message));
  });
  const ended = exited.then((code) => {
    throw new Error(`${name} of the example bank ended with ${code ?? 'a signal'}`);
  });
  return Promise.race([arrived, ended]);
}

/** Orders that a child of the demo takes, by their kind. */
export interface Orders {
  stop: () => Promise<void>;
}

/**
 * The child's end: takes the order to stop, and stops by itself when the parent is gone. Ctrl-C
 * reaches the whole process group; the parent alone decides what follows from it.
 */
export function onOrders(orders: Orders): void {
  let ending: Promise<void> | null = null;
  const end = () => {
    if (ending !== null) return;
    // Without a parent nobody else would end what does not finish.
    setTimeout(() => process.exit(1), PATIENCE_MS);
    ending = orders.stop().finally(() => process.exit(0));
  };
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  process.on('disconnect', end);
  process.on('message', (message: { kind?: string }) => {
    if (message.kind === 'stop') end();
  });
  if (!process.connected) end(); // The parent went before anybody listened.
}

/** Tells the parent; nothing when there is none (any more). */
export function report(message: object): void {
  if (process.connected) process.send?.(message);
}
