import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** How a server treats whoever calls. */
export type Mode =
  | 'takes'
  | 'fails' // 500, 451
  | 'busy' // 429 with Retry-After, where the protocol has it
  | 'refuses' // 4xx, 5yz
  | 'never answers'
  | 'trickles' // slow loris: one byte of the answer at a time, without end
  | 'hangs up'
  | 'redirects';

/** A server that speaks a protocol and misbehaves on demand. */
export interface FaultyServer {
  port: number;
  mode: Mode;
  /** What it took, in order. */
  taken: { headers: Record<string, unknown>; body: string }[];
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

function keepSockets(server: Server): { sockets: Set<Socket>; close: () => Promise<void> } {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { sockets, close };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function trickle(response: {
  write(text: string): unknown;
  destroyed: boolean;
}): Promise<void> {
  while (!response.destroyed) {
    response.write('x');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** An HTTP receiver; `success` and `refusal` are what its protocol says when it takes or refuses. */
export async function startFaultyHttp(protocol: {
  success: { status: number; body: string };
  refusal: { status: number; body: string };
}): Promise<FaultyServer> {
  const answer = (response: ServerResponse, status: number, body: string, headers = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    switch (faulty.mode) {
      case 'takes':
        faulty.taken.push({ headers: request.headers, body });
        answer(response, protocol.success.status, protocol.success.body);
        return;
      case 'refuses':
        answer(response, protocol.refusal.status, protocol.refusal.body);
        return;
      case 'fails':
        answer(response, 500, '{}');
        return;
      case 'busy':
        answer(response, 429, '{}', { 'retry-after': '7' });
        return;
      case 'redirects':
        answer(response, 302, '', { location: 'http://127.0.0.1:1/' });
        return;
      case 'hangs up':
        request.socket.destroy();
        return;
      case 'trickles':
        response.writeHead(200, { 'content-type': 'application/json' });
        return trickle(response);
      case 'never answers':
    }
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  const { sockets, close } = keepSockets(server);
  const port = await listen(server);
  const faulty: FaultyServer = { port, mode: 'takes', taken: [], open: () => sockets.size, close };
  return faulty;
}

/** An SMTP server, by hand: a well-behaved library cannot misbehave like this. */
export async function startFaultySmtp(): Promise<FaultyServer> {
  const converse = (socket: Socket): void => {
    const say = (line: string): void => {
      socket.write(`${line}\r\n`);
    };
    let data: string | null = null;
    let buffer = '';
    const command = (line: string): void => {
      if (data !== null) {
        if (line !== '.') {
          data += `${line}\n`;
          return;
        }
        faulty.taken.push({ headers: {}, body: data });
        data = null;
        say('250 taken');
      } else if (/^(EHLO|HELO)/i.test(line)) say('250 faulty');
      else if (/^DATA/i.test(line)) {
        data = '';
        say('354 go on');
      } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n');
      else if (/^MAIL/i.test(line) && faulty.mode === 'fails') say('451 later');
      else if (/^RCPT/i.test(line) && faulty.mode === 'refuses')
        say('550 no such mailbox oncall@bank.example');
      else say('250 ok');
    };
    if (faulty.mode === 'hangs up') {
      socket.destroy();
      return;
    }
    if (faulty.mode === 'never answers') return;
    if (faulty.mode === 'trickles') {
      void trickle(socket);
      return;
    }
    say('220 faulty');
    socket.on('data', (chunk) => {
      buffer += chunk.toString();
      const lines = buffer.split('\r\n');
      buffer = lines.pop() ?? '';
      lines.forEach(command);
    });
  };
  const server = createTcpServer(converse);
  const { sockets, close } = keepSockets(server);
  const port = await listen(server);
  const faulty: FaultyServer = { port, mode: 'takes', taken: [], open: () => sockets.size, close };
  return faulty;
}
