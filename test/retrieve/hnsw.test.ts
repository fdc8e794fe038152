import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { Arena } from '../../src/base/kernels/arena.js';
import { createRandom } from '../../src/base/numeric/random.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { buildHnsw, loadHnsw } from '../../src/retrieve/hnsw.js';
import { checkGraph } from '../../src/retrieve/hnsw-file.js';
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

test.each(['ip', 'l2'] as const)('a graph in the space %s is checked before the library reads it', async space => {
  const m = 4;
  const parameters = await buildHnsw(items, file, { m, space });
  const whole = readFileSync(file);
  const itemWords = 1 + 2 * m + (space === 'l2' ? 9 : 8) + 2;
  const [header, point, label] = [24, 1 + 2 * m, itemWords - 2];
  const words = new Uint32Array(whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length));
  const check = (change: (words: Uint32Array) => void) => {
    const changed = words.slice();
    change(changed);
    checkGraph(new Uint8Array(changed.buffer), items, parameters);
  };
  expect(() => check(() => {})).not.toThrow();
  const above = header + items.rows * itemWords;
  const upper = words.findIndex((word, at) => at >= above && word > 0);
  // The first item that is in no layer above the lowest.
  let low = 0;
  for (let at = above; words[at]! > 0; at += 1 + words[at]! / 4) low++;
  for (const [at, value, why] of [
    [2, 1501, /capacity is 1501/],
    [4, 1499, /number of items is 1499/],
    [12, -1, /enter at item/],
    [12, 0, /not in the top layer|above the lowest of 1 layers/],
    [13, 1500, /enter at item 1500/],
    [16, 2 * m + 1, /links in the lowest layer is 9/],
    [header, 2 * m + 1, /has 9 links, expected at most 8/],
    [header, words[header]! | (1 << 16), /links, expected at most 8/],
    [header + 1, 1500, /a link of layer 0 leads to 1500/],
    [header + point, 0, /the point of item 0 is not its vector/],
    [header + itemWords + label, 0, /item 1 has another label/],
    [header + itemWords + label + 1, 1, /item 1 has another label/],
    [upper, words[upper]! + 4, /bytes of links above/],
    [upper, 0, /its links end at byte|bytes of links above/],
    [upper + 1, m + 1, /has 5 links, expected at most 4/],
    [upper + 2, low, /a link of layer 1 leads to/],
  ] as const) {
    const change = (changed: Uint32Array) => {
      changed[at] = value;
    };
    expect(() => check(change), `${at}`).toThrow(why);
  }
  for (const length of [0, 50, 96, whole.length / 2, whole.length - 4]) {
    const bytes = new Uint8Array(words.buffer.slice(0, length - (length % 4)));
    expect(() => checkGraph(bytes, items, parameters)).toThrow(RangeError);
  }
  expect(() => checkGraph(whole, items, { ...parameters, m: 5 })).toThrow(RangeError);
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
