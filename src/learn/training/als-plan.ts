import { Arena } from '../../base/kernels/arena.js';
import { solveScratchFloats, trainingStride } from '../../base/kernels/layout.js';
import { createMatrix, type Matrix } from '../../base/numeric/matrix.js';
import { createRandom } from '../../base/numeric/random.js';
import type { Csr } from '../../base/numeric/sparse.js';
import { BARRIER_INTEGERS } from '../../base/threads/barrier.js';
import { ShortlistError } from '../../errors.js';
import type { AlsOptions } from './als-options.js';
import { type Confidence, confidenceIn, confidenceOf, type ValuedInteractions } from './confidence.js';
import { type DegreeOrder, degreeOrder } from './degree-order.js';
import { eigenWorkDoubles } from './eigenbasis.js';
import type { TrainedFactors } from './trained-factors.js';

/** The Gram matrix is summed in this many parts, whatever the number of threads, so that the sum is always the same. */
export const GRAM_PARTS = 16;
/** Work is dealt out in about this many blocks of rows of equal cost: many enough to balance, few enough to be cheap. */
export const BLOCKS = 256;

/** One side's rows (users or items) in shared memory, in degree order. */
export interface AlsSide {
  /** Rows with interactions: all others are zero, and left out. */
  readonly active: number;
  /** How many rows, the first, have more interactions than `longestDual`. */
  readonly long: number;
  readonly starts: Uint32Array;
  readonly indices: Uint32Array;
  /** Confidence of every interaction; null where all are one. */
  readonly weights: Float32Array | null;
  /** regularization · (n + w · m)^exponent of every row. */
  readonly ridges: Float32Array;
  /** Rows of `stride` floats. */
  readonly factors: Float32Array;
  /** First rows of the blocks, and the end of the last. */
  readonly blocks: Uint32Array;
  /** Two sums of each block, see the kernel `solveRows`. */
  readonly sums: Float64Array;
  /** `stride` sums of squares of each block, see the kernel `addWeightedSquares`. */
  readonly squares: Float32Array;
}

/** Everything that the threads share. All arrays lie in `memory`. */
export interface AlsPlan {
  readonly memory: WebAssembly.Memory;
  readonly factors: number;
  readonly stride: number;
  readonly iterations: number;
  readonly unobservedWeight: number;
  readonly users: AlsSide;
  readonly items: AlsSide;
  readonly barrier: Int32Array<SharedArrayBuffer>;
  /** `GRAM_PARTS` matrices of stride × stride doubles; the first becomes the whole. */
  readonly gram: Float64Array;
  readonly eigenvectors: Float64Array;
  readonly eigenvalues: Float64Array;
  readonly eigenWork: Float64Array;
  /** The eigenvectors as the rotation kernel wants them. */
  readonly panels: Float32Array;
  readonly spectrum: Float32Array;
  /** Mean square of each element over all interactions. */
  readonly squares: Float32Array;
  /** Most interactions of a row that is solved in its dual. */
  readonly longestDual: number;
  /** Scratch of each thread for the kernels. */
  readonly scratch: readonly Float32Array[];
}

export interface AlsInteractions extends ValuedInteractions {
  /** The same entries, items × users. */
  readonly byItem: Csr;
}

/** Lays out the training in a new arena: interactions in degree order, first factors, scratch. */
export function planAls(
  interactions: AlsInteractions,
  options: AlsOptions,
  threads: number,
  warmStart?: TrainedFactors,
): { plan: AlsPlan; orders: { users: DegreeOrder; items: DegreeOrder } } {
  const { factors, minRating } = options;
  const arena = Arena.create();
  const stride = trainingStride(factors);
  const longestDual = longestDualOf(options, stride);
  const orders = {
    users: degreeOrder(interactions.byUser, minRating),
    items: degreeOrder(interactions.byItem, minRating),
  };
  const all = { ...options, ...confidenceIn(interactions, options) };
  const users = layOutSide(arena, interactions.byUser, orders.users, orders.items, stride, longestDual, all);
  const items = layOutSide(arena, interactions.byItem, orders.items, orders.users, stride, longestDual, all);
  const longest = Math.max(orders.users.degrees[0] ?? 0, orders.items.degrees[0] ?? 0);
  const scratchFloats = solveScratchFloats(stride, longest, longestDual);
  startFactors(users, items, orders, stride, options, warmStart);
  const plan: AlsPlan = {
    memory: arena.memory,
    factors,
    stride,
    iterations: options.iterations,
    unobservedWeight: options.unobservedWeight,
    users,
    items,
    barrier: barrierState(arena),
    gram: float64(arena, GRAM_PARTS * stride * stride),
    eigenvectors: float64(arena, factors * factors),
    eigenvalues: float64(arena, factors),
    eigenWork: float64(arena, eigenWorkDoubles(factors)),
    panels: arena.float32(stride * stride),
    spectrum: arena.float32(stride),
    squares: arena.float32(stride),
    longestDual,
    scratch: Array.from({ length: threads }, () => arena.float32(scratchFloats)),
  };
  return { plan, orders };
}

/** The factors of one side in the caller's row order. */
export function collectFactors(side: AlsSide, order: DegreeOrder, factors: number, stride: number): Matrix {
  const matrix = createMatrix(order.rowAt.length, factors);
  for (let position = 0; position < side.active; position++) {
    const from = position * stride;
    matrix.data.set(side.factors.subarray(from, from + factors), order.rowAt[position]! * matrix.stride);
  }
  return matrix;
}

function layOutSide(
  arena: Arena,
  csr: Csr,
  order: DegreeOrder,
  other: DegreeOrder,
  stride: number,
  longestDual: number,
  options: AlsOptions & Confidence,
): AlsSide {
  const { regularization, regularizationExponent, unobservedWeight, alpha, minRating } = options;
  const { active, entries, degrees } = order;
  const starts = arena.uint32(active + 1);
  const indices = arena.uint32(entries);
  const weights = alpha > 0 ? arena.float32(entries) : null;
  const ridges = arena.float32(active);
  let next = 0;
  for (let position = 0; position < active; position++) {
    const row = order.rowAt[position]!;
    for (let e = csr.starts[row]!; e < csr.starts[row + 1]!; e++) {
      const value = csr.values[e]!;
      if (!(value >= minRating)) continue;
      if (weights) weights[next] = checkedConfidence(options, value);
      indices[next++] = other.positionOf[csr.indices[e]!]!;
    }
    starts[position + 1] = next;
    ridges[position] = regularization * (degrees[position]! + unobservedWeight * csr.columns) ** regularizationExponent;
  }
  const blocks = divideRows(degrees.subarray(0, active), stride);
  return {
    active,
    long: countAbove(degrees, longestDual),
    starts,
    indices,
    weights,
    ridges,
    factors: arena.float32(active * stride),
    blocks,
    sums: float64(arena, 2 * (blocks.length - 1)),
    squares: arena.float32(stride * (blocks.length - 1)),
  };
}

/**
 * Most interactions of a row that costs less in its dual, mostly because it needs no warm start and so no rotation,
 * which is what grows fastest with the number of factors.
 */
export function longestDualOf({ regularization }: AlsOptions, stride: number): number {
  // Without a ridge the diagonal that the dual divides by can be zero.
  return regularization > 0 ? Math.min(48, stride >> 4) : 0;
}

/** How many of the degrees, which fall, are above `bound`. */
function countAbove(degrees: Uint32Array, bound: number): number {
  const first = degrees.findIndex(degree => degree <= bound);
  return first < 0 ? degrees.length : first;
}

function checkedConfidence(confidence: Confidence, rating: number): number {
  const weight = confidenceOf(confidence, rating);
  const { alpha } = confidence;
  if (!(weight > 0)) {
    throw new ShortlistError(
      'invalid-option',
      `The confidence 1 + alpha · rating must be above 0, got ${weight} for alpha ${alpha} and rating ${rating}. ` +
        'Raise `minRating` to leave negative ratings out.',
      { alpha, rating },
    );
  }
  return weight;
}

/** Cuts rows into blocks of about equal cost, in multiples of the four rows that the rotation takes at a time. */
function divideRows(degrees: Uint32Array, stride: number): Uint32Array {
  // In units of one multiplication for each float: about eight for an interaction, and the rotation of the row.
  const cost = (row: number): number => 8 * degrees[row]! + stride + 16;
  let total = 0;
  for (let row = 0; row < degrees.length; row++) total += cost(row);
  const firsts = [0];
  let sum = 0;
  for (let row = 0; row < degrees.length; row++) {
    sum += cost(row);
    if ((row + 1) % 4 === 0 && sum >= total / BLOCKS) {
      firsts.push(row + 1);
      sum = 0;
    }
  }
  if (firsts.at(-1) !== degrees.length) firsts.push(degrees.length);
  return Uint32Array.from(firsts);
}

/**
 * First factors: those given, and random ones for items that have none (users are solved first, so theirs may be zero).
 * Zeros would do for new items that earlier users have met, but a group of new users and new items would stay zero.
 */
function startFactors(
  users: AlsSide,
  items: AlsSide,
  orders: { users: DegreeOrder; items: DegreeOrder },
  stride: number,
  options: AlsOptions,
  warmStart: TrainedFactors | undefined,
): void {
  const { factors, stddev, seed } = options;
  if (warmStart) {
    copyFactors('user', users, orders.users, warmStart.userFactors, factors, stride);
    copyFactors('item', items, orders.items, warmStart.itemFactors, factors, stride);
  }
  const random = createRandom(seed);
  const sigma = stddev / Math.sqrt(factors);
  for (const position of orders.items.positionOf) {
    const row = items.factors.subarray(position * stride, position * stride + factors);
    const isNew = position < items.active && row.every(value => value === 0);
    // All rows draw, so that a row's numbers depend on nothing but its place.
    for (let j = 0; j < factors; j++) {
      const value = sigma * random.normal();
      if (isNew) row[j] = value;
    }
  }
}

function copyFactors(
  what: string,
  side: AlsSide,
  order: DegreeOrder,
  from: Matrix,
  factors: number,
  stride: number,
): void {
  if (from.rows !== order.rowAt.length || from.columns !== factors) {
    throw new ShortlistError(
      'invalid-option',
      `A warm start needs ${what} factors of ${order.rowAt.length} x ${factors}, got ${from.rows} x ${from.columns}. ` +
        'Train with the same number of factors, or without the warm start.',
      { rows: from.rows, columns: from.columns },
    );
  }
  for (let position = 0; position < side.active; position++) {
    const start = order.rowAt[position]! * from.stride;
    side.factors.set(from.data.subarray(start, start + factors), position * stride);
  }
}

function barrierState(arena: Arena): Int32Array<SharedArrayBuffer> {
  const { byteOffset, length } = arena.uint32(BARRIER_INTEGERS);
  return new Int32Array(arena.memory.buffer, byteOffset, length);
}

function float64(arena: Arena, length: number): Float64Array {
  const { byteOffset } = arena.float32(2 * length);
  return new Float64Array(arena.memory.buffer, byteOffset, length);
}
