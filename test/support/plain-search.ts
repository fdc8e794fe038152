import { type Matrix, rowOf } from '../../src/base/numeric/matrix.js';

/** An answer as plain numbers. */
export interface PlainAnswer {
  readonly items: number[];
  readonly scores: number[];
}

/** The slow, obvious search that every candidate source is compared with. */
export function plainSearch(
  items: Matrix,
  query: Float32Array,
  k: number,
  isExcluded: (item: number) => boolean = () => false,
  score: (query: Float32Array, row: Float32Array) => number = plainScore,
): PlainAnswer {
  const scored: { item: number; score: number }[] = [];
  for (let item = 0; item < items.rows; item++) {
    if (!isExcluded(item)) scored.push({ item, score: score(query, rowOf(items, item)) });
  }
  scored.sort((a, b) => (a.score === b.score ? a.item - b.item : b.score - a.score));
  const best = scored.slice(0, k);
  return { items: best.map(({ item }) => item), scores: best.map(({ score }) => score) };
}

/** A dot product in single precision: four partial sums, each over every fourth column, added pairwise. */
export function plainScore(query: Float32Array, row: Float32Array): number {
  const { fround } = Math;
  const lanes = [0, 0, 0, 0];
  for (let j = 0; j < row.length; j++) lanes[j & 3] = fround(lanes[j & 3]! + fround(query[j]! * row[j]!));
  return rankable(fround(fround(lanes[0]! + lanes[1]!) + fround(lanes[2]! + lanes[3]!)));
}

/** Cosine similarity as `createCosineSource` defines it. */
export function plainCosine(query: Float32Array, row: Float32Array): number {
  const unit = query.map(value => value * inverseNorm(query));
  return rankable(Math.fround(plainScore(unit, row) * Math.fround(inverseNorm(row))));
}

function inverseNorm(row: Float32Array): number {
  const norm = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
  return norm >= 1e-30 && norm <= 1e37 ? 1 / norm : 0;
}

/** What is not a number ranks last; minus zero is zero. */
function rankable(score: number): number {
  return Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score + 0;
}
