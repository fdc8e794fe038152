import { type Csr, rowIndices } from '../../base/numeric/sparse.js';
import { listOf, type TopLists } from './top-lists.js';
import type { UserMetrics } from './user-metrics.js';

/**
 * Ranking quality per user at each cut-off k, with binary relevance: an item is relevant when it is among the user's
 * test items. With h hits in the first k places and t test items:
 * - `recall` h / t
 * - `precision` h / k
 * - `hitRate` 1 when h > 0
 * - `ndcg` sum of 1 / log2(place + 1) over the hits, over the same sum for hits in the first min(k, t) places
 *   (Järvelin and Kekäläinen 2002)
 * - `map` sum over the hits of the precision up to that place, over min(k, t)
 * - `mrr` 1 / place of the first hit
 *
 * @param lists of at least the largest k; every user in it must have a test item
 * @param test users × items
 */
export function rankingMetrics(lists: TopLists, test: Csr, cutOffs: readonly number[]): UserMetrics {
  const names = rankingMetricNames(cutOffs);
  const values = new Float64Array(lists.users.length * names.length);
  const gains = gainTable(Math.max(...cutOffs));
  // Marks the test items of the user at hand: cheaper than a set per user.
  const testedBy = new Uint32Array(test.columns);
  for (let n = 0; n < lists.users.length; n++) {
    const relevant = rowIndices(test, lists.users[n]!);
    for (const item of relevant) testedBy[item] = n + 1;
    const list = listOf(lists, n);
    cutOffs.forEach((k, cutOff) => {
      let hits = 0;
      let dcg = 0;
      let precisions = 0;
      let first = 0;
      for (let place = 0; place < Math.min(k, list.length); place++) {
        if (testedBy[list[place]!] !== n + 1) continue;
        hits++;
        dcg += gains.at[place]!;
        precisions += hits / (place + 1);
        if (hits === 1) first = 1 / (place + 1);
      }
      const ideal = Math.min(k, relevant.length);
      values.set(
        [hits / relevant.length, hits / k, dcg / gains.upTo[ideal]!, hits > 0 ? 1 : 0, precisions / ideal, first],
        n * names.length + cutOff * FIGURES.length,
      );
    });
  }
  return { users: lists.users, names, values };
}

/** In the order in which every computation here writes them. */
const FIGURES = ['recall', 'precision', 'ndcg', 'hitRate', 'map', 'mrr'] as const;

/** The names of all figures at all cut-offs, cut-off by cut-off. */
export function rankingMetricNames(cutOffs: readonly number[]): string[] {
  return cutOffs.flatMap(k => FIGURES.map(figure => `${figure}@${k}`));
}

/** The figures at cut-off k of a single relevant item found at a place counted from 1. */
export function singleItemMetrics(place: number, k: number): readonly number[] {
  if (place > k) return FIGURES.map(() => 0);
  return [1, 1 / k, 1 / Math.log2(place + 1), 1, 1 / place, 1 / place];
}

/** The gain of a hit at each place (counted from 0), and the best sum of the first n. */
function gainTable(places: number): { at: Float64Array; upTo: Float64Array } {
  const at = new Float64Array(places);
  const upTo = new Float64Array(places + 1);
  for (let place = 0; place < places; place++) {
    at[place] = 1 / Math.log2(place + 2);
    upTo[place + 1] = upTo[place]! + at[place]!;
  }
  return { at, upTo };
}
