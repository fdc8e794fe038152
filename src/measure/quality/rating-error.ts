import type { Csr } from '../../base/numeric/sparse.js';
import type { Dataset } from '../../learn/dataset/dataset.js';
import type { Score } from './listed-negatives.js';

/** How far predicted ratings are from given ones, in the unit of the ratings. */
export interface RatingError {
  /** Root of the mean squared error. */
  readonly rmse: number;
  /** Mean absolute error. */
  readonly mae: number;
}

/** The error over all test ratings. Predictions are held within the ratings seen in training: nothing else can be given. */
export function ratingError(predict: Score, train: Dataset, test: Csr): RatingError {
  const { values } = train.byUser;
  const lowest = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const highest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  let squares = 0;
  let absolutes = 0;
  for (let user = 0; user < test.rows; user++) {
    for (let e = test.starts[user]!; e < test.starts[user + 1]!; e++) {
      const predicted = Math.min(highest, Math.max(lowest, predict(user, test.indices[e]!)));
      const error = predicted - test.values[e]!;
      squares += error * error;
      absolutes += Math.abs(error);
    }
  }
  const count = Math.max(1, test.indices.length);
  return { rmse: Math.sqrt(squares / count), mae: absolutes / count };
}

/** Predicts the mean of the item's training ratings, and the mean of all for an item without any. */
export function itemMeanPrediction({ byItem }: Dataset): Score {
  const all = byItem.values.reduce((sum, value) => sum + value, 0) / Math.max(1, byItem.values.length);
  const means = Float64Array.from({ length: byItem.rows }, (_, item) => {
    const ratings = byItem.values.subarray(byItem.starts[item], byItem.starts[item + 1]);
    return ratings.length > 0 ? ratings.reduce((sum, value) => sum + value, 0) / ratings.length : all;
  });
  return (_, item) => means[item]!;
}
