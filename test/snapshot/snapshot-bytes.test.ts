import { expect, test } from 'vitest';
import { createDataset } from '../../src/learn/dataset/dataset.js';
import { generateSynthetic } from '../../src/learn/ratings/synthetic-ratings.js';
import { snapshotBytes } from '../../src/snapshot/snapshot-bytes.js';
import { buildSmallSnapshot } from '../support/small-snapshot.js';

const made = generateSynthetic({ users: 800, items: 900, ratings: 9000, seed: 5 });
const items = [
  ...made.catalogue.map((item, n) => ({
    ...item,
    attributes: { price: n, brand: `brand ${n % 40}`, tags: ['some', `tag ${n}`] },
  })),
  ...Array.from({ length: 100 }, (_, n) => ({
    itemId: `cold-${n}`,
    title: `Something new, number ${n}`,
    categories: [made.catalogue[0]!.categories[0]!],
  })),
];

test.each([
  ['als', { factors: 62 }, 'hnsw'],
  ['sgd', { factors: 63 }, 'clusters'],
] as const)(
  'the size of a snapshot (%s %j, %s) is known before it is built, and no less',
  async (algorithm, options, source) => {
    const dataset = createDataset(made.table);
    const planned = snapshotBytes({ dataset, catalogue: items, columns: options.factors + 2, hnsw: source === 'hnsw' });
    const training = { algorithm, options: { ...options, iterations: 1 } };
    const { manifest } = await buildSmallSnapshot({ training, items, sources: [source] }, made);
    const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
    expect(manifest.dataset.coldItems).toBe(100);
    expect(planned).toBeGreaterThan(bytes);
    // What file systems and the manifest take does not grow with it.
    expect(planned).toBeLessThan(1.05 * bytes + 300_000);
  },
);
