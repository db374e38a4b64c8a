import { describe, expect, it } from 'vitest';
import { readOpenApi } from './document.ts';
import { commonRoute, isRoute } from './routes.ts';

describe('routes', () => {
  it('parameters are equal in any framework’s writing', () => {
    const same = ['/users/:id', '/users/{id}', '/users/<int:id>', '/users/[id]/', '/users/*'];
    expect(new Set(same.map(commonRoute))).toEqual(new Set(['/users/{}']));
    expect(commonRoute('/v1/files/{name}.json')).toBe('/v1/files/{}');
    expect(commonRoute('/')).toBe('/');
  });

  it('a documented parameter stands for a word, a documented word for itself only', () => {
    expect(isRoute('/users/{}', '/users/alice')).toBe(true);
    expect(isRoute('/users/me', '/users/{}')).toBe(false);
    expect(isRoute('/users/{}', '/users/{}/keys')).toBe(false);
  });
});

const V3 = `
openapi: 3.1.0
servers: [{ url: 'https://api.bank.example/v1' }]
security: [{ oauth: [] }]
paths:
  /users:
    post:
      requestBody:
        content:
          application/json:
            schema: { $ref: '#/components/schemas/User' }
    get: { deprecated: true, security: [] }
  /tree:
    put:
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Node' } } } }
  /far:
    put:
      requestBody: { content: { application/json: { schema: { $ref: 'http://127.0.0.1:1/x.yaml' } } } }
components:
  schemas:
    User:
      allOf:
        - { properties: { name: {}, __proto__: {} } }
        - { $ref: '#/components/schemas/Mail' }
    Mail: { properties: { email: {} } }
    Node: { properties: { label: {} }, allOf: [{ $ref: '#/components/schemas/Node' }] }
`;

describe('OpenAPI files', () => {
  it('3.1 in YAML: base path, security, deprecation, fields through references', () => {
    const operations = readOpenApi(V3);
    const [post, get] = [operations[1], operations[0]];
    expect(get).toMatchObject({ method: 'GET', route: '/v1/users', isDeprecated: true });
    expect(get?.isSecured).toBe(false);
    expect(post).toMatchObject({ method: 'POST', common: '/v1/users', isSecured: true });
    expect([...(post?.fields ?? [])].sort()).toEqual(['__proto__', 'email', 'name']);
    expect(({} as Record<string, unknown>)['name']).toBeUndefined();
  });

  it('circles end, and what lies in other files or hosts is not known', () => {
    const operations = readOpenApi(V3);
    const fields = (route: string) => operations.find((one) => one.route === route)?.fields;
    expect(fields('/v1/tree')).toBeNull();
    expect(fields('/v1/far')).toBeNull();
    const loop =
      '{"openapi":"3.0.0","paths":{"/a":{"$ref":"#/paths/~1b"},"/b":{"$ref":"#/paths/~1a"}}}';
    expect(readOpenApi(loop)).toEqual([]);
  });

  it('2.0 in JSON', () => {
    const body = { in: 'body', schema: { properties: { iban: {} }, additionalProperties: false } };
    const file = {
      ...{ swagger: '2.0', basePath: '/v2/' },
      paths: { '/payees/{id}': { put: { parameters: [body] } } },
    };
    const [put] = readOpenApi(JSON.stringify(file));
    expect(put).toMatchObject({ method: 'PUT', common: '/v2/payees/{}', isSecured: false });
    expect([...(put?.fields ?? [])]).toEqual(['iban']);
    const form = ['name', 'iban'].map((name) => ({ in: 'formData', name }));
    const paths = { '/payees': { post: { parameters: [...form, { in: 'query', name: 'page' }] } } };
    const [post] = readOpenApi(JSON.stringify({ swagger: '2.0', paths }));
    expect([...(post?.fields ?? [])]).toEqual(['name', 'iban']);
  });

  it('a base path that is given stands in place of the one in the file', () => {
    const server = 'openapi: 3.0.0\nservers: [{ url: "https://{zone}.example/pay/v1/" }]\n';
    const file = `${server}paths: { /cards: { get: {} } }`;
    const routes = [undefined, '', '/', '/v1'].map((base) => readOpenApi(file, base)[0]?.route);
    expect(routes).toEqual(['/pay/v1/cards', '/cards', '/cards', '/v1/cards']);
  });

  it.each([
    ['openapi: 3.0.0\npaths:\n  /a: {get: [}\n', /^line 3: /],
    ['openapi: 1.0\n', /^line 1: expected openapi/],
    ['openapi: 3.0.0\ninfo: {}\npaths: [1]\n', /^line 3: paths: expected a mapping/],
    ['[1, 2]', /^line 1: expected an OpenAPI document/],
    ['', /^line 1: expected an OpenAPI document/],
    [`openapi: 3.0.0\npaths: ${'['.repeat(100_000)}`, /deep|line/],
    ['x'.repeat(17 * 1024 * 1024), /larger than 16 MB/],
  ])('a file that cannot be used is refused with the place: %#', (text, message) => {
    expect(() => readOpenApi(text)).toThrow(message);
  });

  it('schemas that refer to the next one many times each are read once', () => {
    const next = (i: number) => ({ $ref: `#/components/schemas/S${i}` });
    const chain = Array.from({ length: 11 }, (_, i) => [
      `S${i}`,
      { allOf: Array.from({ length: 10 }, () => next(i + 1)) },
    ]);
    const schemas = { ...Object.fromEntries(chain), S11: { properties: { iban: {} } } };
    const body = { content: { 'application/json': { schema: next(0) } } };
    const file = { openapi: '3.0.0', paths: { '/a': { post: { requestBody: body } } } };
    const started = process.cpuUsage().user;
    const [post] = readOpenApi(JSON.stringify({ ...file, components: { schemas } }));
    expect([...(post?.fields ?? [])]).toEqual(['iban']);
    expect(process.cpuUsage().user - started).toBeLessThan(5_000_000);
  });

  it('more values, and more fields of all operations, than memory is meant for are refused', () => {
    const list = `openapi: 3.0.0\npaths: {}\nx: [${'1,'.repeat(1_300_000)}1]`;
    expect(() => readOpenApi(list)).toThrow(/too many values/);
    const properties = Object.fromEntries(Array.from({ length: 1_900 }, (_, i) => [`f${i}`, {}]));
    const schema = { $ref: '#/components/schemas/All' };
    const post = { requestBody: { content: { j: { schema } } } };
    const paths = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`/a${i}`, { post }]));
    const wide = { openapi: '3.0.0', paths, components: { schemas: { All: { properties } } } };
    expect(() => readOpenApi(JSON.stringify(wide))).toThrow(/more than 1000000 fields/);
  });

  it('aliases that multiply are refused', () => {
    const rows = Array.from({ length: 12 }, (_, i) =>
      i === 0 ? 'a0: &a0 [x, x]' : `a${i}: &a${i} [*a${i - 1}, *a${i - 1}, *a${i - 1}, *a${i - 1}]`,
    );
    const started = process.cpuUsage().user;
    expect(() => readOpenApi(`openapi: 3.0.0\n${rows.join('\n')}\n`)).toThrow(/too many aliases/);
    expect(process.cpuUsage().user - started).toBeLessThan(5_000_000);
  });
});
