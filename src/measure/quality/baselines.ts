import { createRandom } from '../../base/numeric/random.js';
import { descendingOrder } from '../../base/numeric/sorting.js';
import { type Csr, filterEntries, rowIndices, rowLengths } from '../../base/numeric/sparse.js';
import type { Dataset } from '../../learn/dataset/dataset.js';
import { createTopLists, type TopLists } from './top-lists.js';

// What a recommender has to beat: the same list for all users, and chance. Both leave out what the user has in
// training, as the recommender does.

/** How often each item was chosen in training: not counting labels that say no and quantities that came to nothing. */
export function choicesOf({ byItem, valueKind }: Dataset): Uint32Array {
  const isChosen = (value: number) => valueKind === 'ratings' || value > 0;
  return rowLengths(filterEntries(byItem, (_item, _user, value) => isChosen(value)));
}

/**
 * The items with the most interactions in training, ties by lower index. Of the usual popularity rankers the strongest
 * where held-out interactions are to be found: a mean rating says nothing of how often an item is chosen.
 */
export function popularityLists(train: Dataset, users: Uint32Array, k: number): TopLists {
  const counts = choicesOf(train);
  const byCount = descendingOrder(counts);
  const seenBy = new Uint32Array(counts.length);
  const lists = createTopLists(users, k);
  users.forEach((user, n) => {
    markRow(train.byUser, user, seenBy, n + 1);
    let length = 0;
    for (let place = 0; place < byCount.length && length < k; place++) {
      const item = byCount[place]!;
      if (seenBy[item] !== n + 1) lists.items[n * k + length++] = item;
    }
    lists.lengths[n] = length;
  });
  return lists;
}

/** Items drawn at random, each at most once. */
export function randomLists(train: Dataset, users: Uint32Array, k: number, seed: number): TopLists {
  const random = createRandom(seed);
  const order = Uint32Array.from({ length: train.items.size }, (_, i) => i);
  const seenBy = new Uint32Array(order.length);
  const lists = createTopLists(users, k);
  users.forEach((user, n) => {
    markRow(train.byUser, user, seenBy, n + 1);
    let length = 0;
    // Fisher-Yates, stopped when the list is full; any order left by the user before is as good a start.
    for (let place = 0; place < order.length && length < k; place++) {
      const other = place + random.below(order.length - place);
      const item = order[other]!;
      order[other] = order[place]!;
      order[place] = item;
      if (seenBy[item] !== n + 1) lists.items[n * k + length++] = item;
    }
    lists.lengths[n] = length;
  });
  return lists;
}

function markRow(matrix: Csr, row: number, marks: Uint32Array, mark: number): void {
  for (const column of rowIndices(matrix, row)) marks[column] = mark;
}
