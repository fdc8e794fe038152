import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { createRandom } from '../../src/base/numeric/random.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { buildHnsw, createHnswSource, loadHnsw } from '../../src/retrieve/hnsw.js';
import { ItemMask } from '../../src/retrieve/item-mask.js';
import { groupedVectors } from '../support/sample-catalogues.js';

const directory = mkdtempSync(join(tmpdir(), 'shortlist-hnsw-'));
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => {
  vi.doUnmock('hnswlib-node');
  vi.resetModules();
});

const arena = Arena.create();
const items = arena.place(groupedVectors(1500, 8, createRandom(1)));
const file = join(directory, 'graph.bin');

test('reports its progress and says what it built', async () => {
  const added: number[] = [];
  expect(await buildHnsw(items, file, { m: 8, onProgress: count => added.push(count) })).toEqual({
    m: 8,
    efConstruction: 200,
    space: 'l2',
    seed: 1,
  });
  expect(added).toEqual([1000]);
});

test('makes up for masked items by fetching more, and leaves it to the exact scan where too many are masked', async () => {
  await buildHnsw(items, file);
  const source = createHnswSource(arena, items, await loadHnsw(file, items, 'l2'), createExactSource(arena, items));
  const mask = new ItemMask(arena, 1500);
  const query = new Float32Array(8).fill(1);
  const best = source.search(query, 50, { effort: 'exact' });
  mask.excludeAll(best.items.subarray(0, 40));
  const some = source.search(query, 10, { mask, effort: 100 });
  expect([...some.items]).toEqual([...best.items.subarray(40)]);
  expect(some.certified).toBe(false);
  expect(some.scanned).toBeLessThan(100);
  mask.keepOnly([5, 6, 7]);
  const few = source.search(query, 10, { mask, effort: 100 });
  expect([...few.items].sort()).toEqual([5, 6, 7]);
  expect(few.certified).toBe(true);
});

test('answers a query that is not finite through the exact scan', async () => {
  await buildHnsw(items, file);
  const source = createHnswSource(arena, items, await loadHnsw(file, items, 'l2'), createExactSource(arena, items));
  expect(source.search(new Float32Array(8).fill(Number.NaN), 3).items.length).toBe(3);
});

test('refuses a file that is missing, cut off or of another catalogue', async () => {
  await buildHnsw(items, file);
  await expect(loadHnsw(join(directory, 'missing.bin'), items, 'l2')).rejects.toMatchObject({
    code: 'snapshot-damaged',
  });
  const short = join(directory, 'short.bin');
  writeFileSync(short, 'x');
  await expect(loadHnsw(short, items, 'l2')).rejects.toMatchObject({ code: 'snapshot-damaged' });
  await expect(loadHnsw(file, items, 'ip')).rejects.toMatchObject({
    code: 'snapshot-damaged',
    fields: { items: 1500, dimensions: 8, count: 1500, vectorBytes: 36 },
  });
  await expect(loadHnsw(file, { ...items, rows: 7 }, 'l2')).rejects.toMatchObject({ code: 'snapshot-damaged' });
});

test('names the cause where the graph cannot be written', async () => {
  await expect(buildHnsw(items, join(directory, 'no', 'such', 'graph.bin'))).rejects.toMatchObject({
    code: 'snapshot-unwritable',
  });
});

test('names the cause where hnswlib-node is not installed', async () => {
  vi.resetModules();
  vi.doMock('hnswlib-node', () => {
    throw new Error('Cannot find package');
  });
  const fresh = await import('../../src/retrieve/hnsw.js');
  await expect(fresh.buildHnsw(items, file)).rejects.toMatchObject({ code: 'hnsw-unavailable' });
});
