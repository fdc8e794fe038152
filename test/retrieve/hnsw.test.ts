import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { createRandom } from '../../src/base/numeric/random.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { buildHnsw, loadHnsw } from '../../src/retrieve/hnsw.js';
import { groupedVectors } from '../support/sample-catalogues.js';
import { newDirectory } from '../support/scratch-directory.js';

const directory = newDirectory();
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

test('proposes as many items as are wanted, more of the best with more effort', async () => {
  await buildHnsw(items, file);
  const graph = await loadHnsw(file, items, 'l2');
  expect(graph).toMatchObject({ kind: 'hnsw', bytes: statSync(file).size, defaultEffort: 200 });
  const exact = createExactSource(arena, items);
  const random = createRandom(3);
  const found = [1, 400].map(effort => {
    let hits = 0;
    for (let i = 0; i < 20; i++) {
      const query = Float32Array.from({ length: 8 }, () => random.normal());
      const proposed = Array.from(graph.propose(query, 50, effort));
      expect(new Set(proposed).size).toBe(50);
      hits += exact.search(query, 50).items.filter(item => proposed.includes(item)).length;
    }
    return hits / (20 * 50);
  });
  expect(found[1]).toBeGreaterThan(found[0]!);
  expect(found[1]).toBeGreaterThan(0.95);
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
    fields: { path: file, why: 'it should hold 1500 vectors of 32 bytes, but says 1500 of 36' },
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
