import type { Matrix } from '../base/numeric/matrix.js';
import { messageOf, ShortlistError } from '../errors.js';

/**
 * The space a graph is built in. `ip`: inner product as it is. `l2`: Euclidean distance of augmented vectors, items
 * (x, sqrt(N² - |x|²)) with N the largest norm and queries (q, 0), whose distances order exactly like inner products
 * (Bachrach et al., Speeding Up the Xbox Recommender System Using a Euclidean Transformation, RecSys 2014).
 */
export type HnswSpace = 'ip' | 'l2';

/** The part of hnswlib-node that is used here. */
export interface HnswGraph {
  initIndex(options: { maxElements: number; m: number; efConstruction: number; randomSeed: number }): void;
  addPoint(point: number[], label: number): void;
  searchKnn(query: number[], k: number): { neighbors: number[]; distances: number[] };
  setEf(ef: number): void;
  writeIndexSync(file: string): void;
  readIndex(file: string): Promise<boolean>;
}

/** Loads hnswlib-node, an optional dependency that is compiled at install. */
export async function loadHnswlib(): Promise<new (space: HnswSpace, dimensions: number) => HnswGraph> {
  try {
    const { default: hnswlib } = await import('hnswlib-node');
    return hnswlib.HierarchicalNSW;
  } catch (cause) {
    throw new ShortlistError(
      'hnsw-unavailable',
      `The hnsw source needs the optional package hnswlib-node, which could not be loaded: ${messageOf(cause)} ` +
        'Install it with a C++ compiler at hand, or use the clusters source.',
      {},
      { cause },
    );
  }
}

export function dimensionsOf(space: HnswSpace, columns: number): number {
  return space === 'l2' ? columns + 1 : columns;
}

/** The points of the items, one after the other, as the graph wants them. */
export function* pointsOf(items: Matrix, space: HnswSpace): Generator<number[]> {
  const { rows, columns, stride, data } = items;
  const augmented = space === 'l2' ? lastCoordinates(items) : undefined;
  for (let row = 0; row < rows; row++) {
    const point = Array.from(data.subarray(row * stride, row * stride + columns));
    if (augmented) point.push(augmented[row]!);
    yield point;
  }
}

/** What `l2` appends to each item. */
export function lastCoordinates({ rows, columns, stride, data }: Matrix): Float32Array {
  const squares = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let j = row * stride; j < row * stride + columns; j++) square += data[j]! * data[j]!;
    squares[row] = square;
  }
  const largest = squares.reduce((a, b) => Math.max(a, b), 0);
  return Float32Array.from(squares, square => Math.sqrt(largest - square));
}

/** The point of a query. */
export function queryPoint(query: Float32Array, columns: number, space: HnswSpace): number[] {
  const point = new Array<number>(dimensionsOf(space, columns)).fill(0);
  for (let j = 0; j < columns; j++) point[j] = query[j]!;
  return point;
}
