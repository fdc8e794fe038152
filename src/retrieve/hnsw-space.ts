import type { Matrix } from '../base/numeric/matrix.js';

/**
 * The space a graph is built in. `ip`: inner product as it is. `l2`: Euclidean distance of augmented vectors, items
 * (x, sqrt(N² - |x|²)) with N the largest norm and queries (q, 0), whose distances order exactly like inner products
 * (Bachrach et al., Speeding Up the Xbox Recommender System Using a Euclidean Transformation, RecSys 2014).
 */
export type HnswSpace = 'ip' | 'l2';

export function dimensionsOf(space: HnswSpace, columns: number): number {
  return space === 'l2' ? columns + 1 : columns;
}

/** The points of the items, one after the other, as the graph wants them. */
export function* pointsOf(items: Matrix, space: HnswSpace): Generator<number[]> {
  const { rows, columns, stride, data } = items;
  const squares = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let j = row * stride; j < row * stride + columns; j++) squares[row]! += data[j]! * data[j]!;
  }
  const largest = squares.reduce((a, b) => Math.max(a, b), 0);
  for (let row = 0; row < rows; row++) {
    const point = Array.from(data.subarray(row * stride, row * stride + columns));
    if (space === 'l2') point.push(Math.sqrt(largest - squares[row]!));
    yield point;
  }
}

/** The point of a query. */
export function queryPoint(query: Float32Array, columns: number, space: HnswSpace): number[] {
  const point = new Array<number>(dimensionsOf(space, columns)).fill(0);
  for (let j = 0; j < columns; j++) point[j] = query[j]!;
  return point;
}
