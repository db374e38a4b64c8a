import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { castOf } from './cast.ts';
import type { Actor } from './cast.ts';
import { Issuer } from './issuer.ts';
import { startTraffic } from './traffic.ts';
import { Wallet } from './wallet.ts';

const START = Date.UTC(2026, 10, 23, 10);
const cast = castOf(1, START);
const refused = new Set<string>();
const seen: { token: string; agent: string; status: number }[] = [];
let server: Server;
let url = '';

beforeAll(async () => {
  server = createServer((request, response) => {
    const key = request.headers['x-api-key'];
    const bearer = request.headers.authorization?.slice('Bearer '.length);
    const token = typeof key === 'string' ? key : (bearer ?? '');
    const status = refused.has(token) ? 401 : 200;
    seen.push({ token, agent: request.headers['user-agent'] ?? '', status });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

afterAll(() => {
  server.close();
});

test('a client whose token is refused goes on with a new one; the thief has only the old', async () => {
  const issuer = new Issuer(
    'a-key-of-the-demo-issuer',
    cast.map(({ grant }) => grant),
  );
  const wallet = await Wallet.open(issuer, cast, {});
  const begun = performance.now();
  const renewed: Actor[] = [];
  let victim: Actor | null = null;
  let old = '';
  const traffic = startTraffic({
    ...{ seed: 1, actors: cast, wallet, urlOf: () => url, from: START, speed: 1 },
    // A minute of the bank's life in a second.
    now: () => START + (performance.now() - begun) * 60,
    onAttack: ({ actor }) => {
      if (victim !== null) return;
      victim = actor;
      old = wallet.of(actor).token;
      refused.add(old);
    },
    onRenewed: (actor) => renewed.push(actor),
    onSent: () => undefined,
    onFailure: () => undefined,
  });
  const ofVictim = () => seen.filter((call) => victim !== null && isOf(victim, call.token));
  const isOf = (actor: Actor, token: string) =>
    token === old || (renewed.includes(actor) && token === wallet.of(actor).token);
  while (!ofVictim().some(({ status }) => status === 200)) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await traffic.stop();
  expect(renewed).toEqual([victim]);
  const hostile = ofVictim().filter(({ agent }) => agent.startsWith('python-requests'));
  expect(hostile.length).toBeGreaterThan(5);
  expect(new Set(hostile.map(({ token, status }) => `${token} ${String(status)}`))).toEqual(
    new Set([`${old} 401`]),
  );
}, 60_000);
