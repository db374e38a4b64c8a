import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { detectorSchema } from '../../config/detector.ts';
import { inventoryOf } from './inventory.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokenwatch-openapi-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const settingsOf = (files: Record<string, string>) =>
  detectorSchema.parse({
    openapi: Object.entries(files).map(([service, text]) => {
      const file = join(folder, `${service}.yaml`);
      writeFileSync(file, text);
      return { service, file };
    }),
  });

it('finds operations by service, in any writing, the plain word before the parameter', () => {
  const paths = "paths: { '/u/{id}': { get: {} }, '/u/me': { get: { deprecated: true } } }";
  const settings = settingsOf({ a: `openapi: 3.0.0\n${paths}`, b: 'openapi: 3.0.0\npaths: {}' });
  const inventory = inventoryOf(settings);
  expect(inventory.services).toEqual(['a', 'b']);
  expect(inventory.find('a', 'GET', '/u/:id')?.route).toBe('/u/{id}');
  expect(inventory.find('a', 'GET', '/u/me')?.isDeprecated).toBe(true);
  expect(inventory.find('b', 'GET', '/u/:id')).toBeNull();
  expect(inventoryOf({ ...settings })).toBe(inventory);
});

it('names the file and the line that cannot be read', () => {
  const settings = settingsOf({ broken: 'openapi: 3.0.0\npaths:\n  /a: {get: [}\n' });
  expect(() => inventoryOf(settings)).toThrow(/detector\.openapi: .*broken\.yaml: line 3: /);
  const missing = detectorSchema.parse({ openapi: [{ service: 'x', file: '/nowhere.yaml' }] });
  expect(() => inventoryOf(missing)).toThrow(/detector\.openapi: \/nowhere\.yaml: /);
});
