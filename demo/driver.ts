// The clients of the example bank, in a process of their own: first their past fortnight as OTLP,
// then their present as real requests.
import { backfill } from './backfill.ts';
import { castOf } from './cast.ts';
import type { Actor } from './cast.ts';
import { onOrders, report } from './child.ts';
import { historyTracers } from './history-tracers.ts';
import { Issuer } from './issuer.ts';
import type { DriverOrder, DriverReport, ServicesReady } from './messages.ts';
import { startTraffic } from './traffic.ts';
import type { Traffic } from './traffic.ts';
import { Wallet } from './wallet.ts';

let stopping = false;
let traffic: Traffic | null = null;
let running: Promise<void> = Promise.resolve();
const services = Promise.withResolvers<ServicesReady['services']>();

onOrders({
  stop: async () => {
    stopping = true;
    services.resolve([]); // Nobody is to wait for them now.
    await running.catch(() => undefined);
    await traffic?.stop();
  },
});
process.on('message', (order: DriverOrder | ServicesReady | { kind: 'stop' }) => {
  if (order.kind === 'services') services.resolve(order.services);
  if (order.kind === 'start') running = run(order).catch(fail);
});

function tell(message: DriverReport): void {
  report(message);
}

async function run(order: DriverOrder): Promise<void> {
  const actors = castOf(order.seed, order.epoch);
  const issuer = new Issuer(
    order.issuerKey,
    actors.map((actor) => actor.grant),
  );
  const wallet = await Wallet.open(issuer, actors, order.renewals);
  const from = await tellPast(order, actors, wallet);
  const ready = await services.promise;
  if (isStopping()) return;
  const urls = new Map(ready.map((s) => [`${s.service} ${s.environment}`, s.url]));
  tell({ kind: 'live', from });
  traffic = startTraffic({
    seed: order.seed,
    actors,
    wallet,
    urlOf: (service, environment) => urls.get(`${service} ${environment}`) ?? '',
    from,
    now: Date.now,
    speed: order.speed,
    onAttack: ({ name, title, actor }) => {
      const { clientId, id } = wallet.of(actor).grant;
      tell({ kind: 'attack', name, title, client: clientId, tokenId: id });
    },
    onRenewed: (actor, { grant }) => {
      const { id: tokenId, clientId: client, issuedAt } = grant;
      tell({ kind: 'renewed', firstId: actor.grant.id, client, tokenId, issuedAt });
    },
    onSent: (until) => tell({ kind: 'sent', until }),
    onFailure: (reason) => tell({ kind: 'trouble', reason: `a request failed (${reason})` }),
  });
}

async function tellPast(order: DriverOrder, actors: Actor[], wallet: Wallet): Promise<number> {
  const tracers = historyTracers({
    collectorUrl: order.collectorUrl,
    headers: order.headers,
    pepper: order.pepper,
    wallet,
  });
  const from = await backfill({
    seed: order.seed,
    actors,
    tracers,
    from: order.reportedUntil,
    now: Date.now,
    onKept: (until, calls) => tell({ kind: 'kept', until, calls }),
    stopped: isStopping,
  });
  await tracers.shutdown();
  return from;
}

function isStopping(): boolean {
  return stopping;
}

function fail(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  tell({ kind: 'trouble', reason: `the example bank's clients stopped: ${reason}` });
  process.exitCode = 1;
  process.disconnect();
}
