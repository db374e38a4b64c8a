// Raw tokens, card numbers, mail addresses and IP addresses planted in every attribute there is, by
// stock services that redact nothing: afterwards no table, log line, alert or file holds one.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStandIns } from '../../demo/stand-ins/stand-ins.ts';
import type { StandIns } from '../../demo/stand-ins/stand-ins.ts';
import { OTEL, OTEL_OLD, TW } from '../../model/attributes.ts';
import { startPipeline } from '../support/pipeline.ts';
import type { Pipeline } from '../support/pipeline.ts';
import { useStandIns } from '../support/use-stand-ins.ts';

/** What must be found nowhere. Distinctive, and each of a kind that the masks must know. */
const PLANTED = {
  token: 'sk_live_4eC39HqLyjWDarjtT1zdp7dcPLANTED',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJQTEFOVEVEIn0.c2lnbmF0dXJlLXBsYW50ZWQtMDEyMzQ1Ng',
  card: '4242424242424242',
  spacedCard: '5555 5555 5555 4444',
  mail: 'planted.person@customer.example',
  ipv4: '203.0.113.77',
  ipv6: '2001:db8:77:77::77',
} as const;

const NEEDLES: string[] = Object.values(PLANTED);

/** Every attribute that we read, and some that we do not. */
const ATTRIBUTES: string[] = [
  ...Object.values(TW),
  ...Object.values(OTEL).filter((name) => name !== OTEL.requestHeader),
  ...Object.values(OTEL_OLD).flat(),
  'http.request.header.x-forwarded-for',
  'http.request.header.cookie',
  'url.full',
  'url.query',
  'unknown.attribute',
  'db.statement',
];

let standIns: StandIns;
let pipeline: Pipeline;

/** A span whose attribute `name` holds a planted value, and the real credential in its header. */
function attributesWith(name: string, value: string): Attributes {
  return {
    [OTEL.method]: 'GET',
    [OTEL.route]: '/accounts/:id',
    [OTEL.path]: `/accounts/${PLANTED.mail}/cards/${PLANTED.card}`,
    [OTEL.status]: 200,
    [OTEL.clientAddress]: PLANTED.ipv4,
    'http.request.header.authorization': [`Bearer ${PLANTED.token}`],
    [name]: name.startsWith('http.request.header') ? [value] : value,
  };
}

async function plant(): Promise<void> {
  for (const [kind, value] of Object.entries(PLANTED)) {
    const exporter = new OTLPTraceExporter({ url: `${pipeline.collectorUrl}/v1/traces` });
    const provider = new TracerProvider({
      // Some services name themselves after what they hold.
      resource: resourceFromAttributes({
        [OTEL.serviceName]: `svc ${kind} ${value}`,
        [OTEL.environment]: `prod ${value}`,
      }),
      spanProcessors: [new BatchSpanProcessor({ exporter })],
    });
    const tracer = provider.getTracer(`scope ${value}`);
    for (const name of ATTRIBUTES) {
      const span = tracer.startSpan(`GET /accounts/${value}`, {
        kind: SpanKind.SERVER,
        attributes: attributesWith(name, value),
      });
      span.addEvent(`event ${value}`, { detail: value });
      span.setStatus({ code: SpanStatusCode.ERROR, message: value });
      span.end();
    }
    await provider.forceFlush();
    await provider.shutdown();
  }
}

async function dumpTables(): Promise<string> {
  const { db } = pipeline.store;
  const tables = await db.query<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = 'tokenwatch' AND engine NOT LIKE '%View'",
  );
  let dump = '';
  for (const { name } of tables) {
    // Aggregate states cannot be printed; their bytes can be searched.
    const rows = await db.query<object>(`SELECT * FROM tokenwatch.\`${name}\` LIMIT 100000`);
    dump += `${name}\n${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;
  }
  return dump;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function found(haystack: string): string[] {
  return NEEDLES.filter((needle) => haystack.includes(needle));
}

beforeAll(async () => {
  standIns = await createStandIns();
  pipeline = await startPipeline({ configure: useStandIns(standIns) });
  await plant();
  // Long enough for the detector to judge and for alerting to tell.
  await delay(5_000);
}, 120_000);

afterAll(async () => {
  await pipeline.close();
  await standIns.stop();
});

describe('nothing raw is kept anywhere', () => {
  it('the calls arrived, under the keyed hash of their token', async () => {
    const [row] = await pipeline.store.db.query<{ n: number; hashed: number; services: number }>(
      `SELECT count() AS n, countIf(token_hash != toFixedString('', 32)) AS hashed,
         uniqExact(service) AS services FROM tokenwatch.calls`,
    );
    expect(row?.n).toBe(ATTRIBUTES.length * NEEDLES.length);
    expect(row?.hashed).toBe(row?.n);
  });

  it('in no table', async () => {
    const dump = await dumpTables();
    expect(dump).toContain('calls\n{');
    expect(found(dump)).toEqual([]);
  });

  it('in no log line at the most talkative level', () => {
    expect(pipeline.logged()).not.toBe('');
    expect(found(pipeline.logged())).toEqual([]);
  });

  it('in no metric', async () => {
    expect(found(await pipeline.registry.metrics())).toEqual([]);
  });

  it('in no alert', () => {
    const { slack, mail, issuer } = standIns;
    expect(found(JSON.stringify([slack.messages, mail.mails, issuer.revocations]))).toEqual([]);
  });

  it('in no answer of the console', async () => {
    for (const path of ['incidents', 'findings', 'deliveries', 'detections']) {
      const response = await fetch(`${pipeline.consoleUrl}/api/v1/${path}`);
      expect(response.status, path).toBe(200);
      expect(found(await response.text()), path).toEqual([]);
    }
  });

  it('in no file of the data directory', () => {
    const files = filesBelow(pipeline.store.dataDir);
    expect(files.length).toBeGreaterThan(10);
    const guilty = files.filter((file) => {
      const bytes = readFileSync(file);
      return NEEDLES.some((needle) => bytes.includes(needle));
    });
    expect(guilty).toEqual([]);
  });
});
