/**
 * `npm run bench:catalogue`: what a tick of the detector costs ClickHouse with every watch of the
 * catalogue and the packaged rules on, beside the four baselines alone. CPU time of the server, so that other work on the
 * machine does not count.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { detectorSchema } from '../../config/detector.ts';
import { createDetector } from '../../detector/app.ts';
import { openRules } from '../../detector/rules/start.ts';
import type { BacktestRules } from '../../detector/rules/start.ts';
import { lookAround } from '../../detector/watch/look.ts';
import type { Db } from '../../store/db.ts';
import { readServerClock } from '../../store/detection/fresh.ts';
import { writeStageState } from '../../store/stage-state.ts';
import { insertTestCalls, seeded, tokenNamed } from '../support/call-rows.ts';
import type { TestCall } from '../support/call-rows.ts';
import { openTestStore } from '../support/test-store.ts';
import type { TestStore } from '../support/test-store.ts';

const USAGE = `npm run bench:catalogue -- [options]
  --tokens N   (1000)
  --calls N    of the day before (300000)
  --rate N     fresh calls a second (100)
  --rounds N   (5)
  --rules PATH a file or folder of user rules (rules/), or none`;
const HOUR = 3_600_000;

const random = seeded(5);

/** An everyday call, with what watches and rules look at: an object, dates, one in five a payment. */
function callAt(time: number, tokens: number, ingestedAt: number): TestCall {
  const n = Math.floor(random() * tokens);
  const at = Math.floor(time / 1000);
  return {
    ...{ time: Math.floor(time), ingestedAt: Math.floor(ingestedAt) },
    ...{
      tokenHash: tokenNamed(`t${n}`),
      clientId: `client-${n % 40}`,
      service: `service-${n % 6}`,
    },
    ...{ environment: 'production', tokenEnvironment: 'production', scope: 'accounts:read' },
    ...{ tokenIssuedAt: at - 864_000, tokenExpiresAt: at + 8_640_000 },
    ...{ statedAt: at - (n % 3), addressAllowed: 'inside' as const },
    ...(random() < 0.2
      ? { method: 'POST', route: '/v1/payments', amount: 10 + 400 * random(), currency: 'EUR' }
      : { method: 'GET', route: `/v1/accounts/:id/${n % 9}` }),
    status: random() < 0.02 ? 403 : 200,
    ...{ country: 'DE', asn: 3320 + (n % 5), networkKind: 'hosting', userAgent: `agent/${n % 7}` },
    ...{
      objectType: 'account',
      objectHash: tokenNamed(`o${n} ${Math.floor(random() * 8)}`).slice(0, 32) as NonNullable<
        TestCall['objectHash']
      >,
    },
  };
}

/** CPU time of the server so far, ms. */
async function serverCpu(db: Db): Promise<number> {
  const [row] = await db.query<{ ms: number }>(
    `SELECT sum(value) / 1000 AS ms FROM system.events WHERE event IN ('OSCPUVirtualTimeMicroseconds')`,
  );
  return row?.ms ?? 0;
}

async function cost(db: Db, work: () => Promise<unknown>): Promise<number> {
  const before = await serverCpu(db);
  await work();
  return (await serverCpu(db)) - before;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

async function rulesOf(store: TestStore, path: string): Promise<BacktestRules> {
  const { config } = store;
  const rules = path === 'none' ? [] : [resolve(path)];
  return openRules({ ...config, detector: { ...config.detector, rules } }, Date.now, console.error);
}

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      tokens: text,
      calls: text,
      rate: text,
      rounds: text,
      rules: text,
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(USAGE);
    return;
  }
  const tokens = Number(values.tokens ?? 1000);
  const rate = Number(values.rate ?? 100);
  const store = await openTestStore();
  const { db } = store;
  const settings = detectorSchema.parse({});
  const own = await rulesOf(store, values.rules ?? 'rules');
  const now = Date.now();
  const past = Array.from({ length: Number(values.calls ?? 300_000) }, (_, i) => {
    const time = now - 24 * HOUR + (i / Number(values.calls ?? 300_000)) * (24 * HOUR - 60_000);
    return callAt(time, tokens, time);
  });
  await insertTestCalls(db, past);
  const detector = createDetector({ db, now: Date.now, settings });
  await detector.start();
  await detector.prepare();
  const figures = { tick: [], quick: [], slow: [], rare: [], rules: [] } as Record<
    string,
    number[]
  >;
  for (let round = 0; round < Number(values.rounds ?? 5); round += 1) {
    const clock = await readServerClock(db);
    const fresh = Array.from({ length: rate * 15 }, (_, i) => {
      const time = clock - 15_000 + (i / rate) * 1000;
      return callAt(time, tokens, time);
    });
    await insertTestCalls(db, fresh);
    const from = clock - 11_000;
    // Ranges that hold, and do not hold, a moment at which slow and rare watches look.
    const turn = Math.floor(clock / 20_000) * 20_000;
    const rareTurn = Math.floor(clock / 300_000) * 300_000;
    const arrival = (begin: number, to: number) => ({ by: 'arrival' as const, from: begin, to });
    const scopes = {
      quick: arrival(Math.max(from, turn - 9_999), Math.min(clock, turn + 19_000) + 1),
      slow: arrival(turn - 10_001, Math.max(turn + 1, clock) + 1),
      rare: arrival(rareTurn - 10_001, Math.max(rareTurn + 1, clock) + 1),
    };
    for (const [name, scope] of Object.entries(scopes)) {
      figures[name]?.push(await cost(db, () => lookAround(db, scope, settings)));
    }
    // What came in five seconds, and the ten that a look overlaps.
    const look = { by: 'arrival' as const, from: clock - 15_000, to: clock + 1 };
    figures['rules']?.push(await cost(db, async () => own.rules?.look(look)));
    await writeStageState(db, 'detector', 'cursor', Math.max(turn, clock - 1_000));
    await detector.start();
    figures['tick']?.push(await cost(db, () => detector.tick()));
  }
  const names = ['tick', 'quick', 'slow', 'rare', 'rules'];
  const [tick = 0, quick = 0, slow = 0, rare = 0, rules = 0] = names.map((name) =>
    median(figures[name] ?? []),
  );
  const baselines = Math.max(1, tick - quick);
  const watches = quick + Math.max(0, slow - quick) / 20 + Math.max(0, rare - slow) / 300;
  const all = baselines + watches + rules / 5;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  console.log(`server CPU; ${tokens} tokens, ${past.length} calls of a day, ${rate} calls/s`);
  console.log(`four baselines alone, a tick       ${ms(baselines)}`);
  console.log(`watches, every tick                ${ms(quick)}`);
  console.log(`watches every 20 s, a look         ${ms(slow)}`);
  console.log(`watches every 5 min, a look        ${ms(rare)}`);
  console.log(`rules of one's own (${own.ids.length}), every 5 s    ${ms(rules)}`);
  console.log(
    `all detections, a tick on average  ${ms(all)}: ${(all / baselines).toFixed(2)} times`,
  );
  await own.close();
  await store.close();
}

await main();
