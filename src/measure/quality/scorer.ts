import { Arena } from '../../base/kernels/arena.js';
import type { TrainedFactors } from '../../learn/training/trained-factors.js';
import type { Score } from './listed-negatives.js';

/** Scores single pairs with the kernel that everything else here scores with. */
export function createScorer({ userFactors, itemFactors }: TrainedFactors): Score {
  const arena = Arena.create();
  const { stride } = itemFactors;
  const users = arena.float32(userFactors.data.length);
  const items = arena.float32(itemFactors.data.length);
  users.set(userFactors.data);
  items.set(itemFactors.data);
  return (user, item) =>
    arena.kernels.dot(users.byteOffset + user * stride * 4, items.byteOffset + item * stride * 4, stride);
}
