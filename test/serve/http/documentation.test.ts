import { validate } from '@readme/openapi-parser';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../../src/serve/http/endpoint.js';
import { endpoints } from '../../../src/serve/http/endpoints.js';
import { EXAMPLES, type Example, PROBLEM_EXAMPLES } from '../../../src/serve/http/examples.js';
import { createOpenApi } from '../../../src/serve/http/openapi.js';
import { PROBLEM_KINDS } from '../../../src/serve/http/problem.js';
import { problem } from '../../../src/serve/http/replies.js';
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

  test('it follows the recommended rules of Redocly, who find what is broken', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const rulesBroken = async (document: object) => {
      const found = await lintFromString({ source: JSON.stringify(document), absoluteRef: '/openapi.json', config });
      return found.map(({ ruleId, message }) => `${ruleId}: ${message}`);
    };
    const document = createOpenApi();
    expect(await rulesBroken(document)).toEqual([]);
    // Examples are among what the rules look at.
    const broken = JSON.parse(JSON.stringify(document).replaceAll('"accepted":1', '"accepted":"one"'));
    expect(await rulesBroken({ ...broken, servers: [] })).toEqual([
      expect.stringContaining('no-empty-servers'),
      expect.stringContaining('no-invalid-media-type-examples'),
    ]);
  });

  test('it has tags that are described, a license, and where the server is', () => {
    const { info, servers, tags, paths } = createOpenApi();
    expect([info.license, servers]).toEqual([{ name: 'MIT', identifier: 'MIT' }, [{ url: '/' }]]);
    const operations = Object.values(paths).flatMap(methods => Object.values(methods));
    expect(new Set(operations.map(operation => operation.tags[0]))).toEqual(new Set(tags.map(({ name }) => name)));
    expect(new Set(operations.map(({ operationId }) => operationId))).toEqual(new Set(Object.keys(endpoints)));
  });

  test('it says where a body may stand for the query, and which replies may not have changed', () => {
    const { paths } = createOpenApi();
    expect(paths['/v1/admin/rollback']?.post?.requestBody).toMatchObject({
      required: false,
      content: { 'application/json': { schema: { properties: { to: { type: 'string' } } } } },
    });
    expect(paths['/v1/admin/reload']?.post).not.toHaveProperty('requestBody');
    expect(paths['/v1/popular']?.get?.responses).toHaveProperty('304');
    expect(paths['/v1/recommendations']?.post?.responses).not.toHaveProperty('304');
  });

  test('it says which operations need a key', () => {
    const { paths } = createOpenApi();
    expect(paths['/health/live']?.get?.security).toEqual([]);
    expect(paths['/v1/popular']?.get?.security).toEqual([{}, { key: [] }, { keyHeader: [] }]);
    expect(paths['/v1/admin/reload']?.post?.security).toEqual([{ key: [] }, { keyHeader: [] }]);
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
      ...[['exclude', { maxLength: 1024 }] as const, ['category', {}] as const].map(([name, length]) => ({
        name,
        part: 'query',
        required: false,
        schema: { type: 'array', maxItems: 1000, items: { type: 'string', minLength: 1, ...length } },
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
      {
        name: 'ranker',
        part: 'query',
        required: false,
        schema: { type: 'string', enum: ['damped-mean', 'mean', 'count', 'trending'] },
      },
      { name: 'cursor', part: 'query', required: false, schema: { type: 'string', minLength: 1, maxLength: 1024 } },
      ...[20, 1000].map((maxItems, i) => ({
        name: ['filter', 'attributes'][i],
        part: 'query',
        required: false,
        schema: { type: 'array', maxItems, items: { type: 'string', minLength: 1, maxLength: 1024 } },
      })),
    ]);
  });
});

describe('examples', () => {
  const all = Object.entries<Endpoint>(endpoints).map(([name, endpoint]) => {
    const example: Example = EXAMPLES[name as keyof typeof endpoints];
    return { name, endpoint, ...example };
  });

  test.each(all)('$name: the request and the reply are as their schemas want them', ({ endpoint, ...example }) => {
    const { path, query, body, reply } = endpoint;
    const written = Object.entries(example.parameters).map(([key, value]) => [
      key,
      Array.isArray(value) ? value : String(value),
    ]);
    const ofPath = new Set(endpoint.url.match(/(?<=\{)\w+/g));
    const [inPath, inQuery] = [true, false].map(which =>
      Object.fromEntries(written.filter(([key]) => ofPath.has(String(key)) === which)),
    );
    path.parse(inPath);
    query.parse(inQuery);
    if (body) body.parse(example.body);
    expect(reply.parse(example.reply)).toEqual(example.reply);
  });

  test('every parameter, body, reply and problem of the document has one', () => {
    const { paths, components } = createOpenApi();
    for (const { operationId, parameters, requestBody, responses } of Object.values(paths).flatMap(methods =>
      Object.values(methods),
    )) {
      for (const parameter of parameters) {
        expect([operationId, parameter.name, parameter.example]).not.toContain(undefined);
      }
      if (requestBody) expect(requestBody.content['application/json'].example).toBeDefined();
      for (const [status, response] of Object.entries(responses)) {
        const { content = {} } = response as { content?: Record<string, { example?: unknown; examples?: object }> };
        for (const { example, examples } of Object.values(content)) {
          expect([operationId, status, example ?? Object.keys(examples ?? {})[0]]).not.toContain(undefined);
        }
      }
    }
    for (const example of Object.values(components.examples)) problem.parse(example.value);
  });

  test('every problem has one of its own', () => {
    expect(Object.keys(PROBLEM_EXAMPLES).sort()).toEqual([...Object.keys(PROBLEM_KINDS), 'internal-error'].sort());
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
    for (const { name } of document.tags) expect(page).toContain(`<b>${name}</b>`);
    expect(page).toContain('GET /v1/users/42/recommendations?limit=2&amp;exclude=1&amp;exclude=2&amp;category=Crime');
    expect(page.match(/<summary>Example/g)).toHaveLength(operations.length);
  });

  test('loads nothing: no script, no style or image from elsewhere, and a policy that says so', async () => {
    const response = await fetch(`${server.url}/docs`);
    expect(await response.text()).not.toMatch(/<script|<img|<link|@import|url\(/);
    // Whether browsers must use HTTPS is for whoever ends the TLS to say.
    expect(response.headers.get('strict-transport-security')).toBeNull();
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none';style-src 'sha256-[\w+/]+=*'$/,
    );
  });

  test.each(['/docs', '/openapi.json'])('%s can only be read', async path => {
    const response = await fetch(server.url + path, { method: 'POST' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});
