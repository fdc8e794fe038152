import { rowIndices, rowLengths } from '../../base/numeric/sparse.js';
import type { Dataset } from '../../learn/dataset/dataset.js';
import { listOf, type TopLists } from './top-lists.js';

/**
 * What the first k places of all lists show of the catalogue:
 * - `coverage@k` part of the catalogue's items that are shown at all
 * - `gini@k` how unequally the places are dealt out over the catalogue's items: 0 all alike, near 1 a few have all
 * - `novelty@k` mean of -log2(part of the users who have the item in training) over all places, in bits
 *   (self-information, Zhou et al. 2010); an item without users counts as an item of one
 * - `popularityLift@k` mean interactions of a shown item over those of an item in the same users' training histories,
 *   minus 1, each user with a list counting alike (Abdollahpouri et al. 2020): 0 shows items as popular as people have
 *
 * Places of items that the catalogue does not know count in none of them.
 */
export function catalogueMetrics(lists: TopLists, train: Dataset, cutOffs: readonly number[]): Record<string, number> {
  const counts = rowLengths(train.byItem);
  const historyPopularity = meanHistoryPopularity(lists.users, train, counts);
  const metrics: Record<string, number> = {};
  for (const k of cutOffs) {
    const shown = new Uint32Array(counts.length);
    const nonEmpty = lists.lengths.reduce((users, length) => users + (length > 0 ? 1 : 0), 0);
    let places = 0;
    let information = 0;
    let popularity = 0;
    for (let n = 0; n < lists.users.length; n++) {
      const list = listOf(lists, n)
        .subarray(0, k)
        .filter(item => item < counts.length);
      if (list.length === 0) continue;
      let sum = 0;
      for (const item of list) {
        shown[item]!++;
        sum += counts[item]!;
        information -= Math.log2(Math.max(1, counts[item]!) / train.users.size);
      }
      places += list.length;
      popularity += sum / list.length / nonEmpty;
    }
    metrics[`coverage@${k}`] =
      shown.reduce((items, times) => items + (times > 0 ? 1 : 0), 0) / Math.max(1, shown.length);
    metrics[`gini@${k}`] = gini(shown);
    metrics[`novelty@${k}`] = places > 0 ? information / places : 0;
    metrics[`popularityLift@${k}`] = historyPopularity > 0 ? popularity / historyPopularity - 1 : 0;
  }
  return metrics;
}

/** The Gini coefficient of amounts; 0 where all are nothing. */
export function gini(amounts: Uint32Array): number {
  const ascending = amounts.slice().sort();
  let total = 0;
  let weighted = 0;
  ascending.forEach((amount, i) => {
    total += amount;
    weighted += (2 * (i + 1) - ascending.length - 1) * amount;
  });
  return total === 0 ? 0 : weighted / (ascending.length * total);
}

function meanHistoryPopularity(users: Uint32Array, { byUser }: Dataset, counts: Uint32Array): number {
  let sum = 0;
  for (const user of users) {
    const items = rowIndices(byUser, user);
    if (items.length > 0) sum += items.reduce((total, item) => total + counts[item]!, 0) / items.length;
  }
  return users.length > 0 ? sum / users.length : 0;
}
