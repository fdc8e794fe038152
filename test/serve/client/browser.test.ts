import { relative } from 'node:path';
import { runInNewContext } from 'node:vm';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as client from '../../../src/serve/client/shortlist-client.js';
import type { RunningServer } from '../../../src/serve/http/server.js';
import { serveForTest } from '../../support/running.js';

let server: RunningServer;
beforeAll(async () => {
  server = await serveForTest();
});
afterAll(() => server.close());

/** All of the web that the client may use: no page has more of Node. */
const WEB = { fetch, AbortController, Headers, URLSearchParams, setTimeout, clearTimeout, performance };

test('the client fits into a page: it brings nothing but itself and asks for nothing that only Node has', async () => {
  // The bundler comes with vitest.
  const bundle = await rolldown({ input: 'dist/src/serve/client/shortlist-client.js', platform: 'browser' });
  const { output } = await bundle.generate({ format: 'iife', name: 'shortlist' });
  await bundle.close();
  const [{ code, imports, moduleIds }] = output;
  expect(imports).toEqual([]);
  const outside = moduleIds.filter(id => !/^dist\/src\/serve\/client\/[a-z-]+\.js$/.test(relative('.', id)));
  expect(outside).toEqual([]);

  const { ShortlistClient, ProblemError }: typeof client = runInNewContext(`${code};shortlist`, { ...WEB });
  const inPage = new ShortlistClient(server.url);
  expect(await inPage.live()).toEqual({ status: 'ok' });
  expect(await inPage.popularItems({ limit: 1 })).toMatchObject({ ranker: 'damped-mean' });
  await expect(inPage.item('zzz')).rejects.toBeInstanceOf(ProblemError);
});
