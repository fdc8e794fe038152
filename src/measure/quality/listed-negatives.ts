import { type Csr, rowIndices } from '../../base/numeric/sparse.js';
import { rankingMetricNames, singleItemMetrics } from './ranking-metrics.js';
import type { UserMetrics } from './user-metrics.js';

/** The score of an item for a user; higher is better. */
export type Score = (user: number, item: number) => number;

/**
 * Ranking quality where each test item competes with that user's listed negatives only (the protocol of He et al. 2017,
 * "Neural Collaborative Filtering", usually with one test item and 99 negatives). A user's figures are the means over
 * the user's test items. Ties go to the lower index, as in every ranking here.
 *
 * Such figures are much higher than those against the whole catalogue and can't be compared with them.
 * @param users each with a test item and a listed negative
 */
export function listedNegativesMetrics(
  score: Score,
  users: Uint32Array,
  test: Csr,
  negatives: Csr,
  cutOffs: readonly number[],
): UserMetrics {
  const names = rankingMetricNames(cutOffs);
  const values = new Float64Array(users.length * names.length);
  users.forEach((user, n) => {
    const listed = rowIndices(negatives, user);
    const listedScores = Float64Array.from(listed, item => score(user, item));
    const tested = rowIndices(test, user);
    for (const item of tested) {
      const own = score(user, item);
      let place = 1;
      listed.forEach((other, i) => {
        const otherScore = listedScores[i]!;
        if (other !== item && (otherScore > own || (otherScore === own && other < item))) place++;
      });
      const figures = cutOffs.flatMap(k => singleItemMetrics(place, k));
      figures.forEach((figure, m) => {
        values[n * names.length + m]! += figure / tested.length;
      });
    }
  });
  return { users, names, values };
}
