import { kmeans } from 'ml-kmeans';
import { type Matrix, rowOf } from '../base/numeric/matrix.js';
import type { Random } from '../base/numeric/random.js';

/** ml-kmeans works on plain arrays in one thread: this many centroids from this many rows cost it a fifth of a second. */
export const MAX_FIRST_CENTROIDS = 64;
const ROWS_PER_CENTROID = 16;
const ITERATIONS = 10;

/**
 * The first centroids: k-means with k-means++ seeding (ml-kmeans) on a random sample of the rows.
 * @param count wanted centroids, at most `MAX_FIRST_CENTROIDS`
 * @returns `count` rows, or fewer where the sample has fewer distinct ones
 */
export function firstCentroids(items: Matrix, count: number, random: Random): number[][] {
  const sample = distinctSample(items, count * ROWS_PER_CENTROID, random);
  // k-means++ draws by distance to the nearest centroid, which needs one row more than centroids to be positive.
  if (sample.length <= count) return sample;
  return kmeans(sample, count, {
    initialization: 'kmeans++',
    seed: random.below(2 ** 31),
    maxIterations: ITERATIONS,
  }).centroids;
}

function distinctSample(items: Matrix, size: number, random: Random): number[][] {
  const distinct = new Map<string, number[]>();
  // Systematic sampling: one row from each of `draws` equal runs, so that no row is drawn twice.
  const draws = Math.min(items.rows, size);
  for (let i = 0; i < draws; i++) {
    const row = Math.min(items.rows - 1, Math.floor(((i + random.uniform()) * items.rows) / draws));
    const values = Array.from(rowOf(items, row));
    distinct.set(values.join(), values);
  }
  return [...distinct.values()];
}
