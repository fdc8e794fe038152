import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ShortlistError } from '../../src/errors.js';
import { ShortlistClient } from '../../src/serve/client/shortlist-client.js';
import { problemOf } from '../../src/serve/http/problem.js';
import type { Service } from '../../src/serve/service.js';
import { asJson, startSmallService } from '../support/running.js';
import { newDirectory } from '../support/scratch-directory.js';

const directory = join(newDirectory(), 'events');
let service: Service;
let client: ShortlistClient;
beforeAll(async () => {
  service = await startSmallService({ sources: ['exact'] }, { EVENTS: directory, LOG_LEVEL: 'silent' });
  client = new ShortlistClient(service.url);
});
afterAll(() => service.close());

const events = [{ userId: 'u', itemId: 'i' }];
const figures = async () => {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return ['shortlist_degraded{part="events"}', 'shortlist_failed_event_writes_total'].map(name =>
    text
      .split('\n')
      .find(line => line.startsWith(`${name} `))
      ?.slice(name.length + 1),
  );
};

test('a log that cannot be written degrades the service until it can, and clients learn no path of the server', async () => {
  await client.logEvents({ events });
  expect([await client.ready(), await figures()]).toEqual([{ status: 'ok' }, ['0', '0']]);

  renameSync(directory, `${directory}-away`);
  for (let i = 0; i < 2; i++) {
    const response = await fetch(`${service.url}/v1/events`, asJson({ events }));
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '1']);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ code: 'events-unavailable', detail: expect.stringContaining('again') });
    expect(text).not.toContain(directory);
  }
  const ready = await fetch(`${service.url}/health/ready`);
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'degraded', degraded: ['events'] }]);
  expect(await client.ready()).toEqual({ status: 'degraded', degraded: ['events'] });
  expect(await figures()).toEqual(['1', '2']);
  expect((await client.recommendForUser('u', { limit: 2 })).items).toHaveLength(2);

  renameSync(`${directory}-away`, directory);
  await vi.waitFor(async () => expect(await client.ready()).toEqual({ status: 'ok' }), { timeout: 30_000 });
  expect(await figures()).toEqual(['0', '2']);
  expect(await client.logEvents({ events })).toMatchObject({ accepted: 1 });
});

test.each([
  [
    { path: '/srv/shop/snapshots/2026-a/item-ids.u16' },
    "The snapshot file /srv/shop/snapshots/2026-a/item-ids.u16 is damaged: open '/srv/shop/snapshots/2026-a/item-ids.u16'.",
    "The snapshot file 2026-a/item-ids.u16 is damaged: open '2026-a/item-ids.u16'.",
  ],
  [
    { path: 'data/snapshots/2026-a/manifest.json' },
    'The snapshot file data/snapshots/2026-a/manifest.json is damaged.',
    'The snapshot file 2026-a/manifest.json is damaged.',
  ],
] as const)('an administrator learns which file is damaged, and not where it is: %o', (fields, message, detail) => {
  const error = new ShortlistError('snapshot-damaged', message, { ...fields, why: '' });
  expect(problemOf(error, 'id')).toMatchObject({ code: 'snapshot-damaged', detail });
});

test('an administrator learns the name of a store, and not where it is', () => {
  const directory = '/srv/shop/snapshots';
  const error = new ShortlistError('no-snapshot', `There is no snapshot in ${directory}.`, { directory });
  expect(problemOf(error, 'id').detail).toBe('There is no snapshot in snapshots.');
});
