import { createRandom } from '../../base/numeric/random.js';
import type { UserMetrics } from './user-metrics.js';

/**
 * Resamples: a thousand are customary. The more users there are, the less an end of the interval moves from one resample
 * to the next, so that with many users a few hundred say the same; that keeps the work to some million draws.
 */
const MOST_RESAMPLES = 1000;
const LEAST_RESAMPLES = 200;
const DRAWS = 5_000_000;
/** Part of the resampled means on either side of the interval. */
const OUTSIDE = 0.025;

/** Lower and upper end of a 95% confidence interval. */
export type Interval = readonly [lower: number, upper: number];

/**
 * 95% intervals of the mean of each figure, by the percentile bootstrap over users (Efron 1979): how much the mean
 * would move with other users of the same kind. The same seed gives the same intervals.
 */
export function bootstrapIntervals(metrics: UserMetrics, seed: number): Record<string, Interval> {
  const { names, values, users } = metrics;
  const width = names.length;
  const count = users.length;
  const random = createRandom(seed);
  const resamples = Math.max(LEAST_RESAMPLES, Math.min(MOST_RESAMPLES, Math.floor(DRAWS / Math.max(1, count))));
  const means = names.map(() => new Float64Array(resamples));
  const sums = new Float64Array(width);
  for (let resample = 0; resample < resamples; resample++) {
    sums.fill(0);
    for (let draw = 0; draw < count; draw++) {
      const row = random.below(count) * width;
      for (let m = 0; m < width; m++) sums[m]! += values[row + m]!;
    }
    for (let m = 0; m < width; m++) means[m]![resample] = count === 0 ? 0 : sums[m]! / count;
  }
  const cut = Math.floor(resamples * OUTSIDE);
  return Object.fromEntries(
    names.map((name, m) => {
      const sorted = means[m]!.sort();
      return [name, [sorted[cut]!, sorted[resamples - 1 - cut]!]];
    }),
  );
}
