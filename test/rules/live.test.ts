// A rule in context, live: real OpenTelemetry SDK, real collector, real ClickHouse, the incident in the API.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TW } from '../../model/attributes.ts';
import { readDetections } from '../../store/console/detections.ts';
import { readFindings } from '../../store/findings/findings.ts';
import { otelSender } from '../support/otel-sender.ts';
import type { OtelSender } from '../support/otel-sender.ts';
import { startPipeline } from '../support/pipeline.ts';
import type { Pipeline } from '../support/pipeline.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const PEPPER = 'a pepper for tests only, 32 bytes';
const HOME_IP = '79.192.10.20';
const ABROAD_IP = '14.160.10.20';
const RULE = 'large-payment-out-of-context';

const folder = mkdtempSync(join(tmpdir(), 'tokenwatch-rules-'));
const file = join(folder, 'payments.yaml');
let pipeline: Pipeline;
let payments: OtelSender;

interface Payment {
  time: number;
  client?: string;
  ip?: string;
  object?: string;
  amount: number;
}

function pay({ time, client = 'shop', ip = HOME_IP, object = 'a1', amount }: Payment): void {
  payments.serve({
    ...{ time, client, ip, token: `tok_secret_${client}_5f3a9c0b7d` },
    ...{ route: '/payments', scope: 'payments:write', tokenEnvironment: 'production' },
    attributes: {
      [TW.objectType]: 'account',
      [TW.objectHash]: object.padStart(32, '0'),
      [TW.amount]: amount,
      [TW.currency]: 'EUR',
    },
  });
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(100);
  }
  throw new Error(`waited 60 s for ${what}`);
}

const ruleFindings = async () => readFindings(pipeline.store.db, { detection: RULE });
const inCatalogue = async (id: string) =>
  (await readDetections(pipeline.store.db, Date.now())).find((one) => one.id === id);

beforeAll(async () => {
  const packaged = join(import.meta.dirname, '..', '..', 'rules', `${RULE}.yaml`);
  copyFileSync(packaged, file);
  pipeline = await startPipeline({
    configure: (config) => ({ ...config, detector: { ...config.detector, rules: [folder] } }),
  });
  payments = otelSender({
    collectorUrl: pipeline.collectorUrl,
    service: 'payments',
    environment: 'production',
    pepper: PEPPER,
  });
  // Ten days of payments between 20 and 119 EUR.
  const now = Date.now();
  for (const client of ['shop', 'kiosk']) {
    for (let i = 0; i < 240; i += 1) {
      pay({
        time: now - 10 * DAY + i * HOUR,
        client,
        object: `a${String(i % 4)}`,
        amount: 20 + ((i * 37) % 100),
      });
    }
  }
  await payments.flush();
}, 60_000);

afterAll(async () => {
  await payments.shutdown();
  await pipeline.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a rule of one’s own, live', () => {
  it('stands in the catalogue beside the detections', async () => {
    expect(await inCatalogue(RULE)).toMatchObject({
      family: 'rule',
      severity: 'critical',
      title: 'Large payment, new object, new network',
    });
  });

  it('opens one incident, however many calls fire, and none where one circumstance is usual', async () => {
    const now = Date.now();
    pay({ time: now, client: 'kiosk', amount: 12_400 });
    pay({ time: now + 1, client: 'kiosk', object: 'b7', amount: 12_400 });
    for (let i = 0; i < 5; i += 1) {
      pay({ time: now + i, ip: ABROAD_IP, object: `c${String(i)}`, amount: 12_400 + i });
    }
    await payments.flush();
    const found = await until('the finding', async () => (await ruleFindings())[0]);
    expect(found).toMatchObject({
      family: 'rule',
      severity: 'critical',
      clientId: 'shop',
      entity: 'token',
      evidence: {
        facts: {
          features: { amount: 12_400, object_new_to_token: true, network_new_to_client: true },
        },
      },
    });
    expect(found.explanation).toMatch(
      /^12,400 EUR from VN: over ten times the 99th percentile of shop \(11\d EUR\)/,
    );
    const incident = await until('the incident', async () => {
      const rows = await pipeline.store.db.query<{ id: string; token: string }>(
        `SELECT id, lower(hex(token_hash)) AS token FROM tokenwatch.incidents FINAL
         WHERE has(detections, {rule:String})`,
        { rule: RULE },
      );
      return rows.length > 0 ? rows : undefined;
    });
    expect(incident).toEqual([{ id: expect.any(String), token: found.tokenHash }]);
    // Further calls, and looks that overlap, tell nothing new.
    pay({ time: Date.now(), ip: ABROAD_IP, object: 'd1', amount: 50_000 });
    await payments.flush();
    await delay(3_000);
    expect(await ruleFindings()).toHaveLength(1);
  });

  it('is read again when its file changes; a broken file keeps the previous version and says so', async () => {
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, good.replace('amount > 10 *', 'amuont > 10 *'));
    const kept = await until('the warning', async () => {
      const one = await inCatalogue(RULE);
      return one?.blindSpots[0]?.includes('the previous version is in force') === true
        ? one
        : undefined;
    });
    expect(kept.blindSpots[0]).toMatch(
      /payments\.yaml:\d+:3: large-payment-out-of-context: there is no feature amuont; is amount meant\?$/,
    );
    expect(pipeline.logged()).toContain('its previous version stays in force');
    await until('the metric', async () =>
      (await pipeline.registry.metrics()).includes('rules{state="previous"} 1') ? true : undefined,
    );
    // The previous version fires still: for another client.
    pay({ time: Date.now(), client: 'kiosk', ip: ABROAD_IP, object: 'e1', amount: 9_000 });
    await payments.flush();
    await until('the finding of the previous version', async () =>
      (await ruleFindings()).find((one) => one.clientId === 'kiosk'),
    );
    writeFileSync(
      file,
      good.replace('title: Large payment, new object', 'title: Large payment again, new object'),
    );
    const changed = await until('the new title', async () => {
      const one = await inCatalogue(RULE);
      return one?.title.includes('again') === true ? one : undefined;
    });
    expect(changed.blindSpots[0]).not.toContain('previous version');
  });

  it('is gone from the catalogue when its file is', async () => {
    rmSync(file);
    const gone = await until('the end of the rule', async () =>
      (await inCatalogue(RULE)) === undefined ? true : undefined,
    );
    expect(gone).toBe(true);
  });
});
