import { checkFinite, checkPermutation } from '../../base/numeric/table-checks.js';
import type { Dataset } from '../dataset/dataset.js';
import { scaleOf } from '../ratings/value-kind.js';

/** The popularity rankers; `rankPopularity` says what each computes. */
export const RANKER_NAMES = ['damped-mean', 'mean', 'count', 'trending'] as const;
export type RankerName = (typeof RANKER_NAMES)[number];

/** The catalogue in order of one notion of popularity. */
export interface PopularityRanking {
  /** Score of each item, by item index. */
  readonly scores: Float32Array;
  /** Item indices, most popular first; equal scores by more ratings, then by lower index. */
  readonly order: Uint32Array;
}

export type Popularity = Readonly<Record<RankerName, PopularityRanking>>;

/**
 * Half-life of a rating in the trending ranker, in days: after it a rating counts half as much as one made at the end of
 * the data. A quarter of a year follows fashions in films and books without drowning in the noise of single weeks.
 */
export const TRENDING_HALF_LIFE_DAYS = 90;

const SECONDS_PER_DAY = 86_400;

/**
 * Ranks all items of a dataset by
 * - `damped-mean`: (sum of ratings + m · C) / (number of ratings + m), the Bayesian average, where C is the mean of all
 *   ratings and m the mean number of ratings of a rated item: an item needs about that many ratings to be judged by its own;
 * - `mean`: average rating;
 * - `count`: number of ratings; of labels those that say yes, of quantities those above zero: how many have it, not how much;
 * - `trending`: that number, each halved for every `TRENDING_HALF_LIFE_DAYS` before the newest one; the same as
 *   `count` for data without timestamps.
 *
 * An item that nobody has rated has the score 0 and comes after all others: nothing says that it is popular.
 * What is not on the scale of the ratings (`scaleOf`), dislikes and mistakes, enters no mean; of labels the mean is the share
 * of those that say yes. For data without values both means are about the same for every item, and the number of
 * interactions decides.
 */
export function rankPopularity(dataset: Pick<Dataset, 'byUser' | 'timestamps' | 'valueKind'>): Popularity {
  const { byUser, timestamps, valueKind } = dataset;
  const scale = valueKind === 'ratings' ? scaleOf(byUser.values) : null;
  const items = byUser.columns;
  const count = new Float64Array(items);
  const opinions = new Float64Array(items);
  const sum = new Float64Array(items);
  const recent = new Float64Array(items);
  let total = 0;
  let newest = Number.NEGATIVE_INFINITY;
  for (const time of timestamps ?? []) newest = Math.max(newest, time);
  for (let e = 0; e < byUser.indices.length; e++) {
    const item = byUser.indices[e]!;
    const value = byUser.values[e]!;
    if (valueKind === 'ratings' || value > 0) {
      count[item]!++;
      recent[item]! += timestamps ? 2 ** ((timestamps[e]! - newest) / (TRENDING_HALF_LIFE_DAYS * SECONDS_PER_DAY)) : 1;
    }
    if (scale && !(value >= scale.min && value <= scale.max)) continue;
    const opinion = valueKind === 'labels' ? Number(value > 0) : value;
    opinions[item]!++;
    sum[item]! += opinion;
    total += opinion;
  }
  const ratings = opinions.reduce((sum, n) => sum + n, 0);
  const overallMean = ratings > 0 ? total / ratings : 0;
  const rated = opinions.reduce((sum, n) => sum + (n > 0 ? 1 : 0), 0);
  const damping = rated > 0 ? ratings / rated : 0;

  const scores: Record<RankerName, Float32Array> = {
    'damped-mean': Float32Array.from(sum, (s, i) =>
      opinions[i]! > 0 ? (s + damping * overallMean) / (opinions[i]! + damping) : 0,
    ),
    mean: Float32Array.from(sum, (s, i) => (opinions[i]! > 0 ? s / opinions[i]! : 0)),
    count: Float32Array.from(count),
    trending: Float32Array.from(recent),
  };
  const rankings = RANKER_NAMES.map(name => [name, { scores: scores[name], order: orderBy(scores[name], count) }]);
  return Object.fromEntries(rankings) as Popularity;
}

/** Checks rankings that were read. @throws RangeError */
export function checkPopularity(popularity: Popularity): void {
  for (const name of RANKER_NAMES) {
    const { scores, order } = popularity[name];
    checkFinite(scores);
    checkPermutation(order);
    checkRanked(order, scores, popularity.count.scores);
  }
}

function checkRanked(order: Uint32Array, scores: Float32Array, count: Float32Array): void {
  for (let place = 1; place < order.length; place++) {
    const item = order[place]!;
    const before = order[place - 1]!;
    const isRated = count[item]! > 0;
    const wasRated = count[before]! > 0;
    // Those without ratings come last, whatever the others score.
    const isInOrder = isRated === wasRated ? scores[item]! <= scores[before]! : wasRated;
    if (!isInOrder || count[item]! < 0) throw new RangeError(`item ${item} stands below ${before}, which ranks lower`);
  }
}

/** Indices by score descending, then count descending, then index ascending; those without ratings last. */
function orderBy(scores: Float32Array, count: Float64Array): Uint32Array {
  const order = Uint32Array.from(scores.keys());
  const unrated = (i: number) => (count[i]! > 0 ? 0 : 1);
  return order.sort((a, b) => unrated(a) - unrated(b) || scores[b]! - scores[a]! || count[b]! - count[a]! || a - b);
}
