import { Arena } from '../../base/kernels/arena.js';
import { rowLengths } from '../../base/numeric/sparse.js';
import type { Dataset } from '../../learn/dataset/dataset.js';
import type { TrainedFactors } from '../../learn/training/trained-factors.js';
import type { Score } from './listed-negatives.js';

/** Scores single pairs with the kernel that everything else here scores with. */
export function createScorer({ userFactors, itemFactors }: TrainedFactors): Score {
  const arena = Arena.create();
  const { data: users, stride } = arena.place(userFactors);
  const { data: items } = arena.place(itemFactors);
  return (user, item) =>
    arena.kernels.dot(users.byteOffset + user * stride * 4, items.byteOffset + item * stride * 4, stride);
}

/** The same to rank by: of an item without training interactions the factors know nothing, whatever they started from. */
export function createRankingScorer(factors: TrainedFactors, { byItem }: Pick<Dataset, 'byItem'>): Score {
  const counts = rowLengths(byItem);
  const score = createScorer(factors);
  return (user, item) => (counts[item]! > 0 ? score(user, item) : 0);
}
