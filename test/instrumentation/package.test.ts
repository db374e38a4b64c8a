import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashToken } from '../../model/hash.ts';
import { startOtlpReceiver } from './otlp-receiver.ts';
import { PEPPER } from './service.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const place = mkdtempSync(join(tmpdir(), 'tokenwatch-package-'));

/** What a service has installed beside tokenwatch; linked, so that the test needs no network. */
const BESIDE = ['@opentelemetry', '@types', 'fastify'];

const BODY = `
const tokenwatch = createTokenwatch({ pepper: process.env['TOKENWATCH_PEPPER'] });
const sdk = new NodeSDK({
  spanProcessors: [
    tokenwatch.spanProcessor(),
    new BatchSpanProcessor({ exporter: new OTLPTraceExporter() }),
  ],
});
sdk.start();
const app = fastify();
void app.register(
  tokenwatch.fastify((request: FastifyRequest<{ Params: { id: string } }>) => ({
    objectType: 'account',
    object: request.params.id,
  })),
);
app.get('/accounts/:id', async () => ({ ok: true }));
void (async () => {
  const base = await app.listen({ port: 0, host: '127.0.0.1' });
  await fetch(base + '/accounts/1', { headers: { 'x-api-key': 'key-of-the-packed-one' } });
  await app.close();
  await sdk.shutdown();
})();
`;
const ESM = `
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace';
import { fastify } from 'fastify';
import type { FastifyRequest } from 'fastify';
import { createTokenwatch } from 'tokenwatch/instrumentation';
${BODY}`;
const CJS = `
import type { FastifyRequest } from 'fastify';
import exporter = require('@opentelemetry/exporter-trace-otlp-proto');
import node = require('@opentelemetry/sdk-node');
import trace = require('@opentelemetry/sdk-trace');
import server = require('fastify');
import instrumentation = require('tokenwatch/instrumentation');
const { OTLPTraceExporter } = exporter;
const { NodeSDK } = node;
const { BatchSpanProcessor } = trace;
const { fastify } = server;
const { createTokenwatch } = instrumentation;
${BODY}`;

beforeAll(async () => {
  const built = join(place, 'built');
  await run(process.execPath, ['scripts/build-instrumentation.mjs', built], { cwd: root });
  const { stdout } = await run('npm', ['pack', '--json', built], { cwd: place });
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  writeFileSync(join(place, 'package.json'), '{ "name": "a-service", "private": true }');
  const flags = ['--offline', '--legacy-peer-deps', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...flags, join(place, packed?.filename ?? '')], { cwd: place });
  for (const name of BESIDE) {
    symlinkSync(join(root, 'node_modules', name), join(place, 'node_modules', name));
  }
  const compilerOptions = {
    ...{ module: 'nodenext', target: 'es2024', types: ['node'] },
    ...{ strict: true, exactOptionalPropertyTypes: true, outDir: 'out', rootDir: 'src' },
  };
  mkdirSync(join(place, 'src'));
  writeFileSync(join(place, 'src/service.mts'), ESM);
  writeFileSync(join(place, 'src/service.cts'), CJS);
  writeFileSync(
    join(place, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { ...compilerOptions, skipLibCheck: true },
      include: ['src'],
    }),
  );
}, 120_000);

afterAll(() => rmSync(place, { recursive: true, force: true }));

test('packed and installed, it type-checks and reports from ES modules and CommonJS', async () => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const checked = await run(process.execPath, [tsc, '-p', place]).catch((error: unknown) => error);
  expect((checked as { stdout: string }).stdout).toBe('');
  for (const file of ['service.mjs', 'service.cjs']) {
    const receiver = await startOtlpReceiver();
    const env = {
      ...process.env,
      TOKENWATCH_PEPPER: PEPPER,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
    };
    await run(process.execPath, [join(place, 'out', file)], { env });
    const [span] = await receiver.waitFor(1);
    await receiver.stop();
    expect(span?.attributes, file).toMatchObject({
      'tokenwatch.token.hash': hashToken(PEPPER, 'key-of-the-packed-one'),
      'tokenwatch.object.type': 'account',
      'http.route': '/accounts/:id',
    });
  }
}, 120_000);
