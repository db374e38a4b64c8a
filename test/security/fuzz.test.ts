// Inputs from outside, at random and as real ones that were spoilt: no crash, no 5xx but 503. Protobuf
// and JSON bodies are in test/collector/fuzz.test.ts.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPress } from '../../alerting/interactions/press.ts';
import { createVerifier } from '../../alerting/interactions/verify.ts';
import { inflateBody } from '../../collector/http/inflate.ts';
import { readCall } from '../../collector/import/line.ts';
import {
  forwardedEntries,
  forwardedForEntries,
  forwardedProtos,
  trustedEntry,
} from '../../collector/reading/forwarded.ts';
import { ConfigError, loadConfig } from '../../config/load.ts';
import { SAMPLE_CONFIG } from '../../config/sample.ts';
import { Secret } from '../../config/secret.ts';
import { parseRuleFile } from '../../detector/rules/parse-file.ts';
import { Mistake } from '../../store/rules/condition/mistake.ts';
import { parseCondition } from '../../store/rules/condition/parse.ts';
import { startTestCollector } from '../collector/collector-fixture.ts';
import type { TestCollector } from '../collector/collector-fixture.ts';
import { otlpBody } from '../collector/otlp-body.ts';

/** One seed, so that a run means the same everywhere. */
const seed = 20_261_123;
const MOST = 1_000_000;

/** A text with pieces taken out, doubled, or replaced by what means something there. */
function spoilt(text: string, words: readonly string[]): fc.Arbitrary<string> {
  const change = fc.record({
    at: fc.nat(text.length),
    length: fc.nat(12),
    put: fc.oneof(fc.constantFrom('', ...words), fc.string({ unit: 'binary', maxLength: 6 })),
  });
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) =>
      changes.reduce(
        (now, { at, length, put }) => now.slice(0, at) + put + now.slice(at + length),
        text,
      ),
    );
}

const anything = fc.string({ unit: 'binary', maxLength: 60 });

describe('collector', () => {
  let collector: TestCollector;
  beforeAll(async () => {
    collector = await startTestCollector();
  });
  afterAll(async () => collector.close());

  /** Status of a request whose headers go out as they are. */
  async function statusOf(headers: Record<string, string>, body: Uint8Array): Promise<number> {
    const url = `${collector.http}/v1/traces`;
    return new Promise((resolve) => {
      const sent = request(url, { method: 'POST', headers, agent: false }, (response) => {
        response.resume();
        response.on('close', () => resolve(response.statusCode ?? 0));
      });
      // The other side may have had enough before it read all: 0.
      sent.on('error', () => resolve(0));
      sent.end(body);
    });
  }

  const good = otlpBody([{ attributes: { 'http.request.method': 'GET' } }]);

  it('answers any headers with a refusal, or with what it does', async () => {
    const value = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.constantFrom('gzip', 'gzip, gzip', 'application/json; charset=', 'Bearer ', '-1', '9e9'),
    );
    const headers = fc.dictionary(
      fc.constantFrom('content-type', 'content-encoding', 'authorization', 'accept', 'x-odd'),
      value.map((one) => one.replaceAll(/[^\t\x20-\x7e]/g, '')),
    );
    const property = fc.asyncProperty(headers, async (given) => {
      const status = await statusOf({ 'content-type': 'application/x-protobuf', ...given }, good);
      expect(status === 503 || (status >= 200 && status < 500)).toBe(true);
    });
    await fc.assert(property, { seed, numRuns: 150 });
  });

  it('answers spoilt gzip, and bombs, with a refusal', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * MOST));
    const body = fc
      .tuple(fc.constantFrom(gzipSync(good), bomb), fc.nat(), fc.nat(255))
      .map(([bytes, at, byte]) => {
        const copy = Buffer.from(bytes);
        copy[at % copy.length] = byte;
        return at % 3 === 0 ? copy.subarray(0, at % copy.length) : copy;
      });
    const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' };
    const property = fc.asyncProperty(body, async (bytes) => {
      const status = await statusOf(headers, bytes);
      expect(status === 503 || (status >= 200 && status < 500)).toBe(true);
    });
    await fc.assert(property, { seed, numRuns: 24 });
    expect(await statusOf(headers, gzipSync(good))).toBe(200);
  });

  it('never inflates beyond its bound', async () => {
    const property = fc.asyncProperty(fc.integer({ min: 1, max: 40 }), async (times) => {
      const outcome = await inflateBody(gzipSync(Buffer.alloc(times * 100_000)), 'gzip', MOST);
      expect(outcome.ok).toBe(times <= 10);
      if (outcome.ok) expect(outcome.body.length).toBeLessThanOrEqual(MOST);
    });
    await fc.assert(property, { seed, numRuns: 30 });
  });

  it('reads addresses out of any forwarding headers', () => {
    const header = fc.oneof(
      anything,
      spoilt('for=192.0.2.43;proto=https, for="[2001:db8::17]:4711"', ['for=', '"', ',', ';', '[']),
    );
    const property = fc.property(fc.array(header, { maxLength: 4 }), fc.nat(5), (lines, hops) => {
      for (const entries of [forwardedEntries(lines), forwardedForEntries(lines)]) {
        expect(trustedEntry(entries, hops) ?? '').toBeTypeOf('string');
      }
      expect(Array.isArray(forwardedProtos(lines))).toBe(true);
    });
    fc.assert(property, { seed, numRuns: 1_000 });
  });
});

it('lines of an import, of any JSON, are calls or say what is wrong', () => {
  const keys = fc.constantFrom('time', 'token', 'status', 'fields', 'amount', 'ip', '__proto__');
  const line = fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.jsonValue()));
  const property = fc.property(line, (value) => {
    const outcome = readCall(value, () => undefined);
    if (!outcome.ok) expect(outcome.problem).not.toBe('');
  });
  fc.assert(property, { seed, numRuns: 3_000 });
});

it('configurations are read or refused with a reason, whatever they hold', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'tokenwatch-fuzz-'));
  const words = [
    ':',
    '- ',
    '\n  ',
    '&a',
    '*a',
    '<<: ',
    '!!js/function ',
    '{',
    ']',
    '"',
    'null',
    '0x',
  ];
  let refused = 0;
  const property = fc.property(fc.oneof(spoilt(SAMPLE_CONFIG, words), anything), (text) => {
    writeFileSync(join(cwd, 'tokenwatch.yaml'), text);
    try {
      loadConfig({ cwd, env: { TOKENWATCH_DATA_DIR: cwd } });
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError);
      refused += 1;
    }
  });
  fc.assert(property, { seed, numRuns: 400 });
  expect(refused).toBeGreaterThan(20);
  rmSync(cwd, { recursive: true });
});

const RULE = `id: large-payment
title: Large payment
severity: high
description: A payment that is large.
runbook: [Ask the client.]
condition: amount > 10 * client_amount_p99 AND country IN ('DE', 'FR')
message: "{amount} {currency} from {country}"
tests:
  quiet: [{ name: usual, features: { amount: 5, client_amount_p99: 10 } }]
  firing: [{ name: large, features: { amount: 500, client_amount_p99: 10, country: DE } }]
`;

it('files of rules are read or say what is wrong', () => {
  const words = [': ', '{', '[', '---\n', '&a ', '*a', "'", '/*', ';', 'url(', '{{'];
  const property = fc.property(fc.oneof(spoilt(RULE, words), anything), (text) => {
    const { rules, problems } = parseRuleFile('r.yaml', text);
    expect(rules.length === 0 || problems.length === 0).toBe(true);
  });
  fc.assert(property, { seed, numRuns: 400 });
});

it('conditions are parsed or are a mistake', () => {
  const words = ['(', ')', 'NOT ', ' IN ', "'", '--', '/*', '1e999', '.', '%', ' OR '];
  const condition = "amount > 10 * client_amount_p99 AND (country IN ('DE') OR NOT is_new)";
  const property = fc.property(fc.oneof(spoilt(condition, words), anything), (text) => {
    try {
      parseCondition(text);
    } catch (error) {
      expect(error).toBeInstanceOf(Mistake);
    }
  });
  fc.assert(property, { seed, numRuns: 3_000 });
  expect(() => parseCondition('('.repeat(3_000))).toThrow(Mistake);
});

it('bodies of Slack are read or not, and none that was altered is believed', () => {
  const payload = {
    ...{ type: 'block_actions', user: { id: 'U0ADA' } },
    actions: [{ action_id: 'acknowledge', value: 'a'.repeat(32) }],
  };
  const real = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const body = fc.oneof(
    spoilt(real, ['%', '%00', '&payload=', '%7B', '=']),
    fc.jsonValue().map((value) => `payload=${encodeURIComponent(JSON.stringify(value))}`),
    anything,
  );
  const verifier = createVerifier([new Secret('a signing secret')]);
  const at = 1_700_000_000_000;
  const property = fc.property(body, anything, (text, signature) => {
    expect(readPress(text, 'key')?.key ?? 'key').toBe('key');
    const headers = { timestamp: String(at / 1000), signature };
    expect(verifier.verify(headers, text, at).ok).toBe(false);
  });
  fc.assert(property, { seed, numRuns: 1_000 });
});
