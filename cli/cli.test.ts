import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));
const COMMANDS = [
  ...['up', 'collector', 'detector', 'alerting', 'console', 'migrate', 'import', 'backtest'],
  ...[
    'config',
    'routes',
    'deliveries',
    'sprawl',
    'hygiene',
    'revocation',
    'audit',
    'erase',
    'doctor',
  ],
];

let dir: string;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'tokenwatch-cli-'));
});

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

function tokenwatch(
  args: string[],
  { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {},
): { code: number | null; out: string; err: string } {
  const result = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: dir,
    input,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'] ?? '',
      TOKENWATCH_CLICKHOUSE_PORT: '0',
      TOKENWATCH_LOG_LEVEL: 'silent',
      ...env,
    },
  });
  return { code: result.status, out: result.stdout, err: result.stderr };
}

function call(hour: number, token: string, extra: object = {}): string {
  const time = new Date(Date.UTC(2026, 0, 1) + hour * 3_600_000).toISOString();
  const base = { time, token, client: 'acme', service: 'api', environment: 'production' };
  const request = { scope: 'read', method: 'GET', route: '/things', status: 200, country: 'DE' };
  return `${JSON.stringify({ ...base, ...request, ...extra })}\n`;
}

describe('tokenwatch', () => {
  it.each(COMMANDS)('%s --help explains itself', (command) => {
    const { code, out } = tokenwatch([command, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`Usage: tokenwatch ${command}`);
  });

  it('exits with 2 and a reason when it is used wrongly', () => {
    expect(tokenwatch(['frobnicate'])).toMatchObject({ code: 2 });
    expect(tokenwatch(['backtest', '--from', 'yesterday'])).toMatchObject({ code: 2 });
    expect(tokenwatch(['backtest', '--detections', 'no.such']).err).toContain('volume.surge');
    const wrong = tokenwatch(['config', 'check'], { env: { TOKENWATCH_CONSOLE_PORT: 'many' } });
    expect(wrong).toMatchObject({ code: 2 });
    expect(wrong.err).toContain('console.port');
  });

  it('writes a configuration that it accepts, and none over another', () => {
    expect(tokenwatch(['config', 'init', 'made.yaml']).code).toBe(0);
    expect(tokenwatch(['--config', 'made.yaml', 'config', 'check']).code).toBe(0);
    expect(tokenwatch(['config', 'init', 'made.yaml'])).toMatchObject({ code: 2 });
    expect(statSync(join(dir, '.env')).mode & 0o777).toBe(0o600);
    const secrets = readFileSync(join(dir, '.env'), 'utf8');
    expect(tokenwatch(['config', 'init', 'other.yaml']).out).toContain('left as it is');
    expect(readFileSync(join(dir, '.env'), 'utf8')).toBe(secrets);
  });

  it('shows the configuration without its secrets', () => {
    const env = { TOKENWATCH_ADMIN_KEY: 'nobody may see this key' };
    const { code, out } = tokenwatch(['config', 'show'], { env });
    expect(code).toBe(0);
    expect(out).toContain('[redacted]');
    expect(out).not.toContain('nobody may see');
  });

  it('says whom an incident would reach', () => {
    writeFileSync(
      join(dir, 'routed.yaml'),
      `alerting:
  receivers:
    soc: { type: email, host: 127.0.0.1, port: 25, tls: none, from: a@b.example, to: [c@d.example] }
  route:
    receiver: soc
`,
    );
    const told = tokenwatch(['--config', 'routed.yaml', 'routes', 'test', '--severity', 'high']);
    expect(told).toMatchObject({ code: 0 });
    expect(told.out).toContain('soc (email)');
    expect(tokenwatch(['routes', 'test'])).toMatchObject({ code: 1 });
  });
});

/** A rule with tests that pass for `amount > 100`. */
function rule(id: string, condition: string, more = ''): string {
  return `id: ${id}
title: A rule of a test
severity: high
description: For a test.
runbook: [Nothing.]
condition: |
  ${condition}
message: "{amount} from {country}"
tests:
  quiet:
    - name: small
      features: { amount: 5, country: DE }
  firing:
    - name: large
      features: { amount: 500, country: VN }
${more}`;
}

describe('whoever looks', () => {
  it('may stop reading early', () => {
    const command = `"${process.execPath}" "${MAIN}" config show | true`;
    const env = { PATH: process.env['PATH'] ?? '' };
    expect(spawnSync('sh', ['-c', command], { cwd: dir, encoding: 'utf8', env }).stderr).toBe('');
  });

  it('is told that the example bank, which runs, is kept elsewhere', () => {
    const demo = join(dir, 'data', 'demo');
    mkdirSync(demo, { recursive: true });
    writeFileSync(join(demo, 'up.pid'), String(process.pid));
    const looked = tokenwatch(['revocation', 'status']);
    rmSync(demo, { recursive: true });
    expect(looked).toMatchObject({ code: 0, out: 'allowed by the policy\n' });
    expect(looked.err).toContain(`the example bank runs on ${demo}`);
    expect(tokenwatch(['revocation', 'status']).err).toBe('');
  });
});

describe('config check', () => {
  it('runs the tests of rules, and names file, line and column of whatever is wrong with them', () => {
    mkdirSync(join(dir, 'broken'));
    const written = {
      a: [rule('fine', 'amount > 100')],
      b: [
        rule('column', 'amuont > 1'),
        ':7:3: column: there is no feature amuont; is amount meant?',
      ],
      c: [rule('table', 'amount > (SELECT 1 FROM calls)'), ':7:13: table: SELECT is not allowed'],
      d: [
        rule('function', "file('/etc/passwd') = 'x'"),
        ':7:3: function: the function file is not',
      ],
      e: [
        rule('quiet', 'amount > 1'),
        ':11:7: quiet: the test "small" should stay quiet and fires',
      ],
      f: [rule('firing', 'amount > 1000'), ':14:7: firing: the test "large" should fire and stays'],
      g: [rule('pattern', "match(country, '((')"), ':7:3: pattern: ClickHouse refuses this'],
      h: [rule('zero', 'amount / 0 > 1'), ':7:12: zero: "/" by zero is unknown for every call'],
      i: [rule('yaml', 'amount > 100', 'tags: [1, 2'), ':16:12: Flow sequence in block collection'],
    } as const;
    for (const [name, [text]] of Object.entries(written)) {
      writeFileSync(join(dir, 'broken', `${name}.yaml`), text);
    }
    const { code, err } = tokenwatch(['config', 'check'], {
      env: { TOKENWATCH_DETECTOR_RULES: 'broken' },
    });
    expect(code).toBe(2);
    const lines = err.trim().split('\n').slice(1);
    const expected = Object.entries(written).flatMap(([name, [, said]]) =>
      said === undefined ? [] : [`${join('broken', name)}.yaml${said}`],
    );
    expect(lines).toEqual(expected.map((line) => expect.stringContaining(line) as string));
  });

  it('reads OpenAPI files, which lie beside the configuration, and names file and line of a mistake', () => {
    mkdirSync(join(dir, 'documented'));
    const config = 'documented/tokenwatch.yaml';
    const yaml = 'detector: { openapi: [{ service: shop, file: shop.yaml }] }\n';
    writeFileSync(join(dir, config), yaml);
    const file = join(dir, 'documented', 'shop.yaml');
    const check = () => tokenwatch(['--config', config, 'config', 'check']);
    writeFileSync(file, 'openapi: 3.1.0\npaths:\n  /a: { get: {}, put: {} }\n');
    expect(check()).toMatchObject({ code: 0 });
    expect(check().out).toContain('2 documented operations of 1 service');
    writeFileSync(file, 'openapi: 3.1.0\npaths:\n  /a: { get: [ }\n');
    const { code, err } = check();
    expect(code).toBe(2);
    expect(err).toMatch(/detector\.openapi: .*documented\/shop\.yaml: line 3: /);
  });
});

describe('import, then backtest', () => {
  it(
    'a fortnight of calls becomes a baseline, and what differs from it a finding',
    { timeout: 120_000 },
    () => {
      let history = '';
      for (let hour = 0; hour < 24 * 16; hour++)
        history += call(hour, 'tok-a') + call(hour, 'tok-b');
      history += call(24 * 16, 'tok-a', { country: 'VN', scope: 'admin:write' });
      history += 'not json\n';
      const imported = tokenwatch(['import', '-'], { input: history });
      expect(imported.code).toBe(0);
      const summary = JSON.parse(imported.out.trim().split('\n').at(-1) ?? '') as object;
      expect(summary).toEqual({ read: 24 * 32 + 2, kept: 24 * 32 + 1, rejected: 1 });
      expect(imported.err).toContain(`-:${String(24 * 32 + 2)}:`);

      const tested = tokenwatch([
        'backtest',
        '--from',
        '2026-01-16',
        '--incidents',
        'incidents.jsonl',
      ]);
      expect(tested.code).toBe(0);
      const findings = tested.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(findings.map((one) => one['detection'])).toContain('geography.new-country');
      expect(Object.keys(findings[0] ?? {})).toEqual([
        ...['time', 'detection', 'severity', 'score', 'token_hash', 'client'],
        ...['window_start', 'window_end', 'explanation', 'evidence'],
      ]);
      const incidents = readFileSync(join(dir, 'incidents.jsonl'), 'utf8').trim().split('\n');
      expect(Object.keys(JSON.parse(incidents[0] ?? '{}') as object)).toEqual([
        ...['id', 'opened_at', 'severity', 'score', 'token_hash', 'client', 'detections'],
      ]);

      mkdirSync(join(dir, 'rules'));
      writeFileSync(join(dir, 'rules', 'abroad.yaml'), rule('my-rule', "country = 'VN'"));
      const env = { TOKENWATCH_DETECTOR_RULES: 'rules' };
      expect(tokenwatch(['config', 'check'], { env }).out).toContain('1 rule passes its 2 tests');
      const asked = tokenwatch(['backtest', '--detections', 'my-rule'], { env });
      expect(asked.code).toBe(0);
      expect(JSON.parse(asked.out)).toMatchObject({
        ...{ detection: 'my-rule', severity: 'high', client: 'acme' },
        explanation: expect.stringContaining('unknown from VN') as string,
      });

      const erase = ['erase', '--client', 'acme', '--reason', 'asked by letter'];
      expect(tokenwatch(erase)).toMatchObject({ code: 2, out: '' });
      expect(tokenwatch([...erase, '--token', 'x', '--yes'])).toMatchObject({ code: 2 });
      const erased = tokenwatch([...erase, '--receipt', 'receipt.json', '--yes']);
      expect(erased.code).toBe(0);
      expect(readFileSync(join(dir, 'receipt.json'), 'utf8')).toBe(erased.out);
      expect(erased.out).not.toContain('acme');
      const { entry } = JSON.parse(erased.out) as { entry: { detail: Record<string, unknown> } };
      expect(entry.detail['tables']).toContainEqual({
        ...{ table: 'calls', deleted: 24 * 32 + 1, rewritten: 0 },
      });
      expect(tokenwatch(['backtest', '--from', '2026-01-16']).out).toBe('');
      expect(tokenwatch(['audit', 'verify']).out).toContain('unbroken');
    },
  );
});

describe('sprawl', () => {
  it('names scopes that were granted and never used, by token and by client', () => {
    const granted = { client: 'sprawling', granted_scopes: ['read', 'admin:write'] };
    const calls = call(0, 'tok-wide', granted) + call(1, 'tok-wider', granted);
    expect(tokenwatch(['import', '-'], { input: calls }).code).toBe(0);
    const days = ['--days', '400'];
    const { code, out } = tokenwatch(['sprawl', ...days, '--client', 'sprawling']);
    expect(code).toBe(0);
    expect(out.match(/1 of 2 scopes never used: admin:write/g)).toHaveLength(2);
    expect(out).toContain('sprawling  admin:write  never used by 2 of its 2 tokens with it');
    const lines = tokenwatch(['sprawl', ...days, '--client', 'sprawling', '--json']).out;
    const rows = lines.trim().split('\n');
    expect(rows.map((line) => (JSON.parse(line) as { unused: string[] }).unused)).toEqual([
      ['admin:write'],
      ['admin:write'],
    ]);
    expect(tokenwatch(['sprawl', '--client', 'nobody']).out).toContain('no token');
    expect(tokenwatch(['sprawl', '--days', 'many'])).toMatchObject({ code: 2 });
  });
});

describe('hygiene', () => {
  it('names the service that sent what had to be masked, how often, and never the value', () => {
    const calls = call(0, 'tok-careless', { user_agent: 'by anna@example.com' });
    expect(tokenwatch(['import', '-'], { input: calls }).code).toBe(0);
    const { code, out } = tokenwatch(['hygiene', '--days', '2']);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d{4}-\d\d-\d\d {2}\S+ {2}1 call with a mail in user_agent, masked\n$/);
    expect(tokenwatch(['hygiene', '--service', 'nobody']).out).toContain('no service sent');
  });
});
