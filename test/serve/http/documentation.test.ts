import { validate } from '@readme/openapi-parser';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOpenApi } from '../../../src/serve/http/openapi.js';
import { PROBLEM_KINDS } from '../../../src/serve/http/problem.js';
import type { RunningServer } from '../../../src/serve/http/server.js';
import { serveForTest } from '../../support/running.js';

let server: RunningServer;
beforeAll(async () => {
  server = await serveForTest();
});
afterAll(() => server.close());

test('/ leads to /docs', async () => {
  expect((await fetch(server.url)).url).toBe(`${server.url}/docs`);
});

describe('/openapi.json', () => {
  test('an independent library finds nothing wrong with it', async () => {
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as object;
    expect(await validate(structuredClone(document) as Parameters<typeof validate>[0])).toMatchObject({ valid: true });
    expect(document).toEqual(JSON.parse(JSON.stringify(createOpenApi())));
  });

  test('it says which operations need a key', () => {
    const { paths } = createOpenApi();
    expect(paths['/health/live']?.get?.security).toEqual([]);
    expect(paths['/v1/popular']?.get?.security).toEqual([{}, { key: [] }]);
    expect(paths['/v1/admin/reload']?.post?.security).toEqual([{ key: [] }]);
  });

  test('parameters are documented as what they mean, optional where they have a default', () => {
    const { get } = createOpenApi().paths['/v1/users/{userId}/recommendations']!;
    expect(get!.parameters.map(({ name, in: part, required, schema }) => ({ name, part, required, schema }))).toEqual([
      { name: 'userId', part: 'path', required: true, schema: { type: 'string', minLength: 1, maxLength: 1024 } },
      {
        name: 'limit',
        part: 'query',
        required: false,
        schema: { type: 'integer', minimum: 1, maximum: 1000, default: 10 },
      },
      ...['exclude', 'category'].map(name => ({
        name,
        part: 'query',
        required: false,
        schema: { type: 'array', maxItems: 1000, items: { type: 'string', minLength: 1, maxLength: 1024 } },
      })),
      {
        name: 'match',
        part: 'query',
        required: false,
        schema: { type: 'string', default: 'any', enum: ['any', 'all'] },
      },
      { name: 'includeSeen', part: 'query', required: false, schema: { type: 'boolean', default: false } },
      ...Object.entries({ coldShare: 0.1, diversity: 0 }).map(([name, value]) => ({
        name,
        part: 'query',
        required: false,
        schema: { type: 'number', default: value, minimum: 0, maximum: 1 },
      })),
      { name: 'explain', part: 'query', required: false, schema: { type: 'boolean', default: false } },
    ]);
  });
});

describe('/docs', () => {
  test('has every operation, every schema and every problem, and every link in it leads somewhere', async () => {
    const page = await (await fetch(`${server.url}/docs`)).text();
    const anchors = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, name]) => name));
    const document = createOpenApi();
    const operations = Object.values(document.paths).flatMap(methods => Object.values(methods));
    for (const { operationId } of operations) expect(anchors).toContain(operationId);
    for (const name of Object.keys(document.components.schemas)) expect(anchors).toContain(`schema-${name}`);
    for (const code of Object.keys(PROBLEM_KINDS)) expect(anchors).toContain(`problem-${code}`);
    const links = [...page.matchAll(/ href="([^"]+)"/g)].map(([, link]) => link!);
    for (const link of links) {
      if (link.startsWith('#')) expect(anchors).toContain(link.slice(1));
      else expect((await fetch(new URL(link, `${server.url}/docs`))).status).toBe(200);
    }
    expect(links.length).toBeGreaterThan(30);
  });

  test('loads nothing: no script, no style or image from elsewhere, and a policy that says so', async () => {
    const response = await fetch(`${server.url}/docs`);
    expect(await response.text()).not.toMatch(/<script|<img|<link|@import|url\(/);
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none';style-src 'sha256-[\w+/]+=*'$/,
    );
  });

  test.each(['/docs', '/openapi.json'])('%s can only be read', async path => {
    const response = await fetch(server.url + path, { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});
