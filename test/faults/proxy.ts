import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A network that a test can spoil: between the stages and ClickHouse. */
export interface Proxy {
  port: number;
  /** Milliseconds that each piece of an answer is late. */
  delay: number;
  /** Ends every connection and takes no new one. */
  cut: boolean;
  close: () => Promise<void>;
}

/** Passes bytes on to a port of this machine. */
export async function startProxy(target: () => number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (state.cut) {
      client.destroy();
      return;
    }
    const upstream = connect(target(), '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (chunk) => upstream.write(chunk));
    upstream.on('data', (chunk) => {
      if (state.delay === 0) client.write(chunk);
      else setTimeout(() => client.destroyed || client.write(chunk), state.delay);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let isCut = false;
  const state: Proxy = {
    port: (server.address() as AddressInfo).port,
    delay: 0,
    get cut() {
      return isCut;
    },
    set cut(value: boolean) {
      isCut = value;
      if (value) for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return state;
}
