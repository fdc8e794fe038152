import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { afterEach, describe, expect, test } from 'vitest';
import { Metrics } from '../../../src/serve/http/metrics.js';
import { createRouter } from '../../../src/serve/http/router.js';
import { asJson, hashOf } from '../../support/running.js';
import { liveWith, SNAPSHOT_ID, smallService } from '../../support/small-service.js';

let server: Server | undefined;
afterEach(() => server?.close());

async function listen(app: Express): Promise<string> {
  server = createServer(app);
  await new Promise<void>(resolve => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An application with routes and an error handler of its own, in which the API is mounted. */
function hostApp(router = createRouter(liveWith(smallService())), prepare: (app: Express) => void = () => {}): Express {
  const app = express();
  prepare(app);
  app.get('/before', (request, response) => void response.json({ query: request.query }));
  app.use('/recommendations', router);
  app.get('/after', (_request, response) => void response.send('after'));
  app.post('/echo', express.json(), (request, response) => void response.json(request.body));
  app.get('/fails', () => {
    throw new Error('of the host');
  });
  const onError: ErrorRequestHandler = (error, _request, response, _next) =>
    void response.status(418).send(`host: ${error.message}`);
  app.use(onError);
  return app;
}

const HOSTS: readonly [string, (app: Express) => void][] = [
  ['as Express makes it', () => {}],
  ['with express.json() in front', app => app.use(express.json())],
  ['with other settings', app => app.set('query parser', 'simple').set('etag', 'strong').enable('strict routing')],
  ['without a query parser', app => app.set('query parser', false)],
  [
    'with other parsers of bodies in front',
    app => app.use(express.urlencoded({ extended: true }), express.text(), express.raw()),
  ],
];

describe.each(HOSTS)('mounted in an app %s', (_, prepare) => {
  const start = () => listen(hostApp(undefined, prepare));

  test.each([
    { url: '/v1/users/ann/recommendations?limit=1&exclude=x,y', reply: { userId: 'ann', source: 'model' } },
    { url: '/v1/users/a%2Fb/recommendations', reply: { userId: 'a/b' } },
    { url: '/v1/recommendations', body: { userId: 'ann', limit: 2 }, reply: { userId: 'ann', items: [{}, {}] } },
    { url: '/v1/recommendations/batch', body: { userIds: ['ann'] }, reply: { snapshot: SNAPSHOT_ID } },
    { url: '/v1/items/b', reply: { title: 'Brazil' } },
    { url: '/health/ready', reply: { status: 'ok' } },
  ])('$url answers', async ({ url, body, reply }) => {
    const response = await fetch(`${await start()}/recommendations${url}`, body ? asJson(body) : {});
    expect(await response.json()).toMatchObject(reply);
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe(url.startsWith('/v1/items') ? 'no-cache' : 'no-store');
  });

  test.each([
    { url: '/nothing', status: 404, code: 'not-found' },
    { url: '/before', status: 404, code: 'not-found' },
    { url: '/V1/popular', status: 404, code: 'not-found' },
    { url: '/metrics', status: 404, code: 'not-found' },
    { url: '/v1/items/zzz', status: 404, code: 'unknown-item' },
    { url: '/v1/popular?limit=0', status: 400, code: 'invalid-request' },
    { url: '/v1/users/%E0%A4%A/recommendations', status: 400, code: 'malformed-request' },
    { url: '/v1/recommendations', status: 405, code: 'method-not-allowed' },
    { url: '/v1/recommendations', method: 'POST', status: 400, code: 'invalid-request' },
    { url: '/v1/recommendations', method: 'POST', type: 'text/plain', status: 415, code: 'unsupported-media-type' },
    { url: '/v1/admin/reload', method: 'POST', status: 403, code: 'forbidden' },
  ])('$method $url is a problem: $code', async ({ url, method = 'GET', type, status, code }) => {
    const init = type === undefined ? { method } : { method, headers: { 'Content-Type': type }, body: '{}' };
    const response = await fetch(`${await start()}/recommendations${url}`, init);
    expect(await response.json()).toMatchObject({ status, code, type: `/recommendations/docs#problem-${code}` });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  });

  test('the other routes of the app are as they were', async () => {
    const url = await start();
    const replyTo = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(url + path, init);
      return [response.status, await response.text()];
    };
    expect((await replyTo('/before?a=1'))[0]).toBe(200);
    expect(await replyTo('/after')).toEqual([200, 'after']);
    expect(await replyTo('/echo', asJson({ a: [1] }))).toEqual([200, '{"a":[1]}']);
    expect(await replyTo('/fails')).toEqual([418, 'host: of the host']);
    expect((await replyTo('/v1/popular'))[0]).toBe(404);
    expect((await replyTo('/nothing'))[1]).toContain('Cannot GET /nothing');
  });
});

describe('a mounted router', () => {
  test('leaves the settings and the prototypes of the app alone', async () => {
    const plain = express();
    const app = hostApp();
    for (const name of ['etag', 'query parser', 'x-powered-by', 'case sensitive routing', 'strict routing']) {
      expect([name, app.get(name)]).toEqual([name, plain.get(name)]);
    }
    expect(Object.getPrototypeOf(app.request)).toBe(Object.getPrototypeOf(plain.request));
    const url = await listen(app);
    expect((await fetch(`${url}/after`)).headers.get('etag')).toBeTruthy();
  });

  test('shows its documentation below the prefix, for the paths as they are there', async () => {
    const url = await listen(hostApp());
    const docs = await fetch(`${url}/recommendations`);
    expect(docs.url).toBe(`${url}/recommendations/docs`);
    const links = [...(await docs.text()).matchAll(/ href="([^"#]+)"/g)].map(([, link]) => link!);
    expect(links).toContain('openapi.json');
    for (const link of links) expect([link, (await fetch(new URL(link, docs.url))).status]).toEqual([link, 200]);
    const document = await (await fetch(`${url}/recommendations/openapi.json`)).json();
    expect(document).toMatchObject({ servers: [{ url: '/recommendations' }], paths: { '/v1/popular': {} } });
  });

  test('two of them answer each from its own', async () => {
    const app = hostApp();
    const other = {
      ...smallService(),
      knows: () => true,
      item: (itemId: string) => ({ ...smallService().item('a'), itemId }),
    };
    app.use('/others', createRouter(liveWith(other)));
    const url = await listen(app);
    const statuses = ['/recommendations', '/others'].map(async at => (await fetch(`${url}${at}/v1/items/new`)).status);
    expect(await Promise.all(statuses)).toEqual([404, 200]);
  });

  test('lets the middleware of the app go first, and takes keys and limits of its own', async () => {
    const router = createRouter(liveWith(smallService()), { apiKeyHashes: [hashOf('key')], requestsPerMinute: 1 });
    const prepare = (app: Express) =>
      app.use('/recommendations', (request, response, next) =>
        request.get('X-Guest') ? void response.status(401).send('host') : next(),
      );
    const url = `${await listen(hostApp(router, prepare))}/recommendations/v1/popular`;
    const withKey = { headers: { 'X-Api-Key': 'key' } };
    expect(await (await fetch(url, { headers: { 'X-Guest': '1' } })).text()).toBe('host');
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, withKey)).status).toBe(200);
    expect((await fetch(url, withKey)).status).toBe(429);
  });

  test('an unexpected error is logged with the whole URL and tells the caller nothing; the metrics count it', async () => {
    const logged: object[] = [];
    const live = liveWith({
      ...smallService(),
      popular() {
        throw new TypeError('secret detail');
      },
    });
    const metrics = new Metrics(live);
    const logger = { error: (facts: object) => void logged.push(facts), debug() {}, isLevelEnabled: () => false };
    const url = await listen(hostApp(createRouter(live, { metrics, logger })));
    const response = await fetch(`${url}/recommendations/v1/popular?limit=1`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
    expect(logged).toMatchObject([{ url: '/recommendations/v1/popular?limit=1', err: { message: 'secret detail' } }]);
    const text = await metrics.text();
    expect(text).toContain('shortlist_problems_total{code="internal-error"} 1');
    // What the whole process does is the host's to count.
    expect(text).not.toContain('nodejs_');
  });
});
