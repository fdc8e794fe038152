import { afterAll, beforeAll, expect, test } from 'vitest';
import { pages, ShortlistClient } from '../../../src/serve/client/shortlist-client.js';
import type { RunningServer } from '../../../src/serve/http/server.js';
import { startSmallService } from '../../support/running.js';
import { smallData } from '../../support/small-snapshot.js';

let server: RunningServer;
let client: ShortlistClient;
beforeAll(async () => {
  server = await startSmallService({ sources: ['exact'] });
  client = new ShortlistClient(server.url);
});
afterAll(() => server.close());

const userId = smallData.table.userIds[0]!;
const itemId = smallData.table.itemIds[0]!;

test('a list comes in pages, whichever method asks for it', async () => {
  const lists = {
    recommendForUser: pages(cursor => client.recommendForUser(userId, { limit: 40, cursor })),
    recommend: pages(cursor => client.recommend({ userId, limit: 40, cursor })),
    popularItems: pages(cursor => client.popularItems({ limit: 40, cursor })),
    similarItems: pages(cursor => client.similarItems(itemId, { limit: 40, cursor })),
    similar: pages(cursor => client.similar({ itemId, limit: 40, cursor })),
    findItems: pages(cursor => client.findItems({ limit: 40, cursor })),
  };
  const known = smallData.table.itemIds.length;
  const seen = new Set(smallData.table.items.filter((_, row) => smallData.table.users[row] === 0)).size;
  const expected = {
    recommendForUser: known - seen,
    recommend: known - seen,
    similarItems: known - 1,
    similar: known - 1,
  };
  for (const [name, list] of Object.entries(lists)) {
    const ids: string[] = [];
    for await (const { items } of list) ids.push(...items.map(item => item.itemId));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(expected[name as keyof typeof expected] ?? known);
  }
  const names: string[] = [];
  for await (const { categories } of pages(cursor => client.findCategories({ limit: 3, cursor }))) {
    names.push(...categories.map(({ name }) => name));
  }
  expect(names).toEqual([...new Set(smallData.catalogue.flatMap(({ categories }) => categories))].sort());
});

test('a cursor that leads nowhere is a problem that says what to do', async () => {
  const { next } = await client.popularItems({ limit: 5 });
  await expect(client.popularItems({ limit: 5, ranker: 'count', cursor: next! })).rejects.toMatchObject({
    status: 400,
    problem: { code: 'invalid-cursor', errors: [{ in: 'query', field: 'cursor' }] },
  });
  const older = next!.replace(/^[^.]*/, '20200101T000000000Z-00000000');
  await expect(client.recommend({ limit: 5, cursor: older })).rejects.toMatchObject({
    status: 410,
    problem: { code: 'cursor-expired', errors: [{ in: 'body', field: 'cursor' }] },
  });
});
