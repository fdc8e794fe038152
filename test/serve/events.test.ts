import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ShortlistClient } from '../../src/serve/client/shortlist-client.js';
import { readConfig } from '../../src/serve/config.js';
import { type Service, startService } from '../../src/serve/service.js';
import { runScript } from '../support/run-script.js';
import { smallData } from '../support/small-snapshot.js';
import { writeRatingsCsv } from '../support/write-csv.js';

const { table } = smallData;
const [known, other] = table.userIds as [string, string];
const itemsOf = (userId: string) =>
  [...table.items].filter((_, row) => table.userIds[table.users[row]!] === userId).map(item => table.itemIds[item]!);
const unseen = table.itemIds.filter(id => !itemsOf(known).includes(id));

const root = mkdtempSync(join(tmpdir(), 'shortlist-events-service-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const running: Service[] = [];
afterEach(() => Promise.all(running.splice(0).map(service => service.close())));

async function start(data: string): Promise<ShortlistClient> {
  const config = readConfig({
    PORT: '0',
    SNAPSHOTS: join(root, data, 'snapshots'),
    EVENTS: join(root, data, 'events'),
    RELOAD_INTERVAL_MS: '0',
  });
  const service = await startService(config, pino({ level: 'silent' }));
  running.push(service);
  return new ShortlistClient(service.url);
}

async function rebuild(data: string, files: string[]): Promise<void> {
  const snapshots = join(root, data, 'snapshots');
  const training = ['--factors', '8', '--iterations', '3', '--sources', 'clusters'];
  const run = await runScript('rebuild', ['--ratings', ...files, '--snapshots', snapshots, ...training]);
  expect(run).toMatchObject({ code: 0 });
}

const KINDS = [
  { data: 'ratings with times', rated: true, timed: true },
  { data: 'clicks', rated: false, timed: false },
];
const ratingsOf = (data: string) => join(root, `${data}.csv`);
beforeAll(async () => {
  for (const { data, rated, timed } of KINDS) {
    const timestamps = timed ? table.timestamps : null;
    writeRatingsCsv(ratingsOf(data), { ...table, rated, timestamps });
    await rebuild(data, [ratingsOf(data)]);
  }
});

test.each(KINDS)('events count at once, after a restart, and in the next rebuild: $data', async ({ data, rated }) => {
  const ratings = ratingsOf(data);
  const client = await start(data);
  const sourceOf = async (userId: string, from = client) => (await from.recommendForUser(userId)).source;
  expect([await sourceOf(known), await sourceOf('new, user')]).toEqual(['model', 'popularity']);

  const taken = unseen.slice(0, 3);
  const history = taken.map(itemId => ({ itemId, ...(rated && { value: 4 }) }));
  const inRequest = await client.recommend({ userId: known, history, limit: 20 });
  // How the list goes on is a matter of the request.
  const expected = { ...inRequest, next: expect.any(String), reason: 'events' };
  const reply = await client.logEvents({
    events: [
      ...history.map(entry => ({ userId: known, ...entry })),
      ...history.map(entry => ({ userId: 'new, user', ...entry })),
      { userId: 'new, user', itemId: 'new "item"' },
      // Known to the snapshot already, or about items that it does not know: nothing to fold in.
      { userId: other, itemId: 'new "item"' },
      ...(rated ? [] : [{ userId: other, itemId: itemsOf(other)[0]! }]),
    ],
  });
  expect(reply).toMatchObject({ accepted: rated ? 8 : 9, unknownItems: 1 });
  expect(inRequest.source).toBe('fold-in');
  expect(await client.recommendForUser(known, { limit: 20 })).toEqual(expected);
  const forNew = await client.recommendForUser('new, user', { limit: 1000 });
  expect(forNew.source).toBe('fold-in');
  expect(forNew.items.filter(({ itemId }) => taken.includes(itemId))).toEqual([]);
  expect(await sourceOf(other)).toBe('model');
  const onTop = await client.recommend({ userId: known, history: [{ itemId: unseen[5]! }], limit: 1000 });
  expect(onTop.items.filter(({ itemId }) => [...taken, unseen[5]].includes(itemId))).toEqual([]);

  const again = await start(data);
  expect(await again.recommendForUser(known, { limit: 20 })).toEqual(expected);

  const log = join(root, data, 'events', 'events.csv');
  await rebuild(data, [ratings, log]);
  await running[0]!.reload();
  expect([await sourceOf(known), await sourceOf('new, user')]).toEqual(['model', 'model']);
  const inModel = await client.recommendForUser('new, user', { limit: 1000 });
  expect(inModel.items.filter(({ itemId }) => taken.includes(itemId))).toEqual([]);
  expect((await client.item('new "item"')).ratings).toBe(2);

  renameSync(log, join(root, data, 'events', 'taken.csv'));
  await client.logEvents({ events: [{ userId: 'new, user', itemId: unseen[7]! }] });
  expect(await sourceOf('new, user')).toBe('fold-in');
  await rebuild(data, [ratings, join(root, data, 'events', 'taken.csv'), log]);
  expect(await sourceOf('new, user', await start(data))).toBe('model');
});
