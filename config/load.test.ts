import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, loadConfig } from './load.ts';
import type { LoadedConfig } from './load.ts';
import { SAMPLE_CONFIG } from './sample.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tokenwatch-config-'));
});

afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function load(yaml: string | null, env: Record<string, string> = {}): LoadedConfig {
  if (yaml !== null) writeFileSync(join(dir, 'tokenwatch.yaml'), yaml);
  return loadConfig({ cwd: dir, env });
}

function problems(yaml: string | null, env: Record<string, string> = {}): readonly string[] {
  try {
    load(yaml, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('the configuration was accepted');
}

describe('loadConfig', () => {
  it('has defaults for everything', () => {
    const { config, file } = load(null);
    expect(file).toBeNull();
    expect(config.collector.http_port).toBe(4318);
    expect(config.data_dir).toBe(join(dir, 'data'));
  });

  it('lets the environment win over the file, with numbers, lists and words', () => {
    const { config, explicit } = load('collector: {http_port: 5000, host: 127.0.0.2}\n', {
      TOKENWATCH_COLLECTOR_HTTP_PORT: '5001',
      TOKENWATCH_COLLECTOR_KEYS: 'first-key-0123456789, second-key-0123456789',
      TOKENWATCH_CONSOLE_URL: 'https://tw.example.com',
    });
    expect(config.collector.http_port).toBe(5001);
    expect(config.collector.host).toBe('127.0.0.2');
    expect(config.collector.keys.map((key) => key.reveal())).toEqual([
      'first-key-0123456789',
      'second-key-0123456789',
    ]);
    expect(config.console.url).toBe('https://tw.example.com');
    expect(explicit.has('collector.http_port')).toBe(true);
    expect(explicit.has('console.port')).toBe(false);
  });

  it('reads allow-lists from the file and the environment, and names a block that is none', () => {
    const lists = "[{client: acme, addresses: [203.0.113.0/24, '2001:db8::/32', 198.51.100.7]}]";
    const expected = [
      { client: 'acme', addresses: ['203.0.113.0/24', '2001:db8::/32', '198.51.100.7'] },
    ];
    const { config } = load(`collector: {allowed_addresses: ${lists}}\n`);
    expect(config.collector.allowed_addresses).toEqual(expected);
    const name = 'TOKENWATCH_COLLECTOR_ALLOWED_ADDRESSES';
    expect(load(null, { [name]: lists }).config.collector.allowed_addresses).toEqual(expected);
    const [wrong] = problems(
      'collector: {allowed_addresses: [{client: acme, addresses: [10.0.0.0/33]}]}\n',
    );
    expect(wrong).toMatch(
      /tokenwatch\.yaml: collector\.allowed_addresses\.0\.addresses\.0: expected an address or a CIDR block/,
    );
    expect(problems(null, { [name]: '[{client' })[0]).toContain('collector.allowed_addresses');
  });

  it("says in plain words what is missing, and what stands in another thing's place", () => {
    const said = problems(
      [
        'collector: {http_port: x, allowed_addresses: [{addresses: 5}]}',
        'alerting: {receivers: {a: {type: slack}, b: {}, c: {type: pager}, d: null}}',
        'console: {port: null}',
      ].join('\n'),
    ).map((problem) => problem.replace(/^.*tokenwatch\.yaml: /, ''));
    expect(said).toEqual(
      expect.arrayContaining([
        'collector.http_port: expected a number, found a text',
        'collector.allowed_addresses.0.client: is missing: expected a text',
        'collector.allowed_addresses.0.addresses: expected a list, found a number',
        'alerting.receivers.a.channel: is missing: expected a text',
        expect.stringMatching(
          /^alerting\.receivers\.b\.type: is missing: expected one of "slack",/,
        ),
        expect.stringMatching(/^alerting\.receivers\.c\.type: expected one of "slack",/),
        'alerting.receivers.d: expected keys and values, found nothing',
        'console.port: expected a number, found nothing',
      ]),
    );
    expect(said.join('\n')).not.toMatch(/Invalid|undefined|received/);
  });

  it('names file, key and expectation for what is wrong', () => {
    const [wrong, unknown] = problems('collector: {http_port: many, prot: 1}\n');
    expect(wrong).toContain('tokenwatch.yaml: collector.http_port: ');
    expect(wrong).toContain('expected a number');
    expect(unknown).toContain('tokenwatch.yaml: collector.prot: unknown key');
  });

  it('names a variable that is no key, and a file that is not there', () => {
    expect(problems(null, { TOKENWATCH_COLECTOR_HTTP_PORT: '1' })[0]).toContain(
      'TOKENWATCH_COLECTOR_HTTP_PORT: names no key',
    );
    expect(problems(null, { TOKENWATCH_CONFIG: 'missing.yaml' })[0]).toContain(
      'missing.yaml: cannot be read',
    );
  });

  it('says where YAML is broken', () => {
    expect(problems('collector: [\n')[0]).toMatch(/tokenwatch\.yaml: .*line \d/);
  });

  it('refuses secrets in plain YAML and never repeats them', () => {
    const found = problems(
      'pepper: hunter2hunter2hunter2\ncollector: {keys: [abcdefghijklmnopqrst]}\n',
    );
    expect(found).toHaveLength(2);
    expect(found.join()).not.toContain('hunter2');
    expect(found[0]).toContain('TOKENWATCH_PEPPER or pepper_file');
  });

  it('reads secrets from files, named in the file or the environment', () => {
    writeFileSync(join(dir, 'pepper.txt'), 'from a file, long enough\n');
    expect(load('pepper_file: pepper.txt\n').config.pepper?.reveal()).toBe(
      'from a file, long enough',
    );
    const byVariable = load('log: {level: warn}\n', {
      TOKENWATCH_PEPPER_FILE: join(dir, 'pepper.txt'),
    });
    expect(byVariable.config.pepper?.reveal()).toBe('from a file, long enough');
    expect(problems('pepper_file: nowhere.txt\n')[0]).toContain(
      'pepper_file: nowhere.txt cannot be read',
    );
  });

  it('prints secrets redacted however they are printed', () => {
    const { config } = load(null, { TOKENWATCH_ADMIN_KEY: 'an admin key that nobody sees' });
    const seen = `${JSON.stringify(config)} ${inspect(config, { depth: 9 })} ${String(config.admin_key)}`;
    expect(seen).toContain('[redacted]');
    expect(seen).not.toContain('nobody sees');
  });

  it('accepts the sample that config init writes', () => {
    expect(load(SAMPLE_CONFIG).config.detector.budget_per_day).toBe(10);
  });
});
