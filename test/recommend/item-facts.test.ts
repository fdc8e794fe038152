import { expect, test } from 'vitest';
import type { ItemIndex } from '../../src/learn/dataset/id-map.js';
import { ItemFacts } from '../../src/recommend/item-facts.js';
import { loadNewestSnapshot } from '../../src/snapshot/newest-snapshot.js';
import { buildSmallSnapshot } from '../support/small-snapshot.js';

test('only values that are opinions have a mean rating', async () => {
  const { store } = await buildSmallSnapshot({ sources: ['exact'] });
  const snapshot = await loadNewestSnapshot(store, expect.fail);
  const { manifest, popularity } = snapshot;
  const item = popularity.count.order[0]! as ItemIndex;
  const meanOf = (dataset: object) =>
    new ItemFacts({ ...snapshot, manifest: { ...manifest, dataset: { ...manifest.dataset, ...dataset } } }).details(
      item,
    ).meanRating;
  const mean = popularity.mean.scores[item]!;
  expect(mean).toBeGreaterThan(0);
  // Snapshots of earlier versions say only whether there are values.
  expect(['ratings', 'labels', undefined].map(valueKind => meanOf({ valueKind }))).toEqual([mean, mean, mean]);
  expect(['quantities', 'none'].map(valueKind => meanOf({ valueKind }))).toEqual([null, null]);
  expect(meanOf({ valueKind: undefined, rated: false })).toBeNull();
});
