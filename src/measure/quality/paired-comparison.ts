import { createRandom } from '../../base/numeric/random.js';
import { bootstrapIntervals, type Interval } from './bootstrap.js';
import { meanMetrics, type UserMetrics } from './user-metrics.js';

/** How far one recommender is from another in one figure, over the same users. */
export interface PairedDifference {
  /** Mean of the first less mean of the second. */
  readonly difference: number;
  /** 95% confidence interval of the difference. */
  readonly interval: Interval;
  /**
   * How likely a difference at least as large is, above or below 0, if the two were equally good: above 0, at most 1. With
   * many figures some are below 0.05 by chance.
   */
  readonly p: number;
}

/** Signs that are drawn for each user: p is known to about a hundredth of itself where it is near 0.05. */
const MOST_DRAWS = 10_000;
const LEAST_DRAWS = 200;
const SIGNS = 20_000_000;

/**
 * Compares two recommenders figure by figure. The interval is the percentile bootstrap over users of the differences, the
 * p-value that of the two-sided randomization test: each user's difference could as well have had the other sign (Smucker,
 * Allan and Carterette 2007). The same seed gives the same answer.
 * @param first its users and names must be those of `second`
 */
export function comparePaired(first: UserMetrics, second: UserMetrics, seed: number): Record<string, PairedDifference> {
  const { users, names } = first;
  const values = first.values.map((value, i) => value - second.values[i]!);
  const differences: UserMetrics = { users, names, values };
  const means = meanMetrics(differences);
  const intervals = bootstrapIntervals(differences, seed);
  const likelihoods = randomizationTest(differences, seed);
  return Object.fromEntries(
    names.map((name, m) => [name, { difference: means[name]!, interval: intervals[name]!, p: likelihoods[m]! }]),
  );
}

function randomizationTest({ names, values }: UserMetrics, seed: number): Float64Array {
  const width = names.length;
  const differing = differingRows(values, width);
  const count = differing.length / width;
  const observed = new Float64Array(width);
  for (let at = 0; at < differing.length; at++) observed[at % width]! += differing[at]!;
  // Sums in another order differ in their last digits, and must not count as smaller for that.
  const least = observed.map(sum => Math.abs(sum) * (1 - 1e-9));

  const random = createRandom(seed);
  const draws = Math.max(LEAST_DRAWS, Math.min(MOST_DRAWS, Math.floor(SIGNS / Math.max(1, count))));
  const atLeast = new Float64Array(width);
  const sums = new Float64Array(width);
  for (let draw = 0; draw < draws; draw++) {
    sums.fill(0);
    for (let row = 0; row < differing.length; row += width) {
      const sign = random.uniform() < 0.5 ? 1 : -1;
      for (let m = 0; m < width; m++) sums[m]! += sign * differing[row + m]!;
    }
    for (let m = 0; m < width; m++) if (Math.abs(sums[m]!) >= least[m]!) atLeast[m]!++;
  }
  // The observed signs are one of the draws.
  return atLeast.map(drawn => (drawn + 1) / (draws + 1));
}

/** The users whose differences are not all 0: the sign of 0 changes nothing. */
function differingRows(values: Float64Array, width: number): Float64Array {
  const kept = new Float64Array(values.length);
  let length = 0;
  for (let row = 0; row < values.length; row += width) {
    const differences = values.subarray(row, row + width);
    if (differences.every(difference => difference === 0)) continue;
    kept.set(differences, length);
    length += width;
  }
  return kept.subarray(0, length);
}
