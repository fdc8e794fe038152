import { kmeans } from 'ml-kmeans';
import type { Arena } from '../base/kernels/arena.js';
import { type Matrix, rowOf } from '../base/numeric/matrix.js';
import type { Random } from '../base/numeric/random.js';
import { groupByKey } from '../base/numeric/sorting.js';
import type { CellTask, KMeansMemory } from './cell-task.js';
import type { CellWorkers } from './cell-workers.js';

/** ml-kmeans works on plain arrays in one thread: this many centroids from this many rows cost it a fifth of a second. */
const MAX_FIRST_CENTROIDS = 64;
const ROWS_PER_CENTROID = 16;
const ITERATIONS = 10;
/** A round that moves no more than this share of the items to other cells has settled. */
const SETTLED_SHARE = 0.002;
/** Tasks for each thread and step, so that a thread that falls behind does not hold the others up. */
const TASKS_PER_THREAD = 8;

/**
 * Lloyd's algorithm over an item matrix, its state in the arena. Sums run over a cell's members in ascending order, so
 * the result does not depend on how many threads share the work.
 */
export class KMeans {
  readonly centroids: Matrix;
  /** Items by cell, ascending: those of cell c are members[starts[c]] … members[starts[c+1]-1]. */
  readonly members: Uint32Array;
  readonly starts: Uint32Array;
  /** Every k-th item takes part, k this number; 1 for all. Members are counted in these steps too. */
  #step: number;
  #cells: number;
  readonly #assignment: Uint32Array;
  readonly #halfNorms: Float32Array;
  readonly #sums: readonly Float32Array[];
  readonly #memory: KMeansMemory;

  /**
   * @param count wanted cells, at most `items.rows`
   * @param step cluster only every k-th item, until `useAllItems`
   */
  constructor(
    readonly arena: Arena,
    readonly items: Matrix,
    readonly count: number,
    step: number,
    readonly workers: CellWorkers,
  ) {
    this.#step = step;
    this.#cells = count;
    this.centroids = arena.matrix(count, items.columns);
    this.members = arena.uint32(items.rows);
    this.starts = arena.uint32(count + 1);
    this.#assignment = arena.uint32(items.rows);
    this.#halfNorms = arena.float32(count);
    this.#sums = Array.from({ length: workers.threads * TASKS_PER_THREAD }, () => arena.float32(items.stride * 2));
    this.#memory = {
      rows: items.data.byteOffset,
      stride: items.stride,
      centroids: this.centroids.data.byteOffset,
      halfNorms: this.#halfNorms.byteOffset,
      assignment: this.#assignment.byteOffset,
      best: arena.float32(items.rows).byteOffset,
      members: this.members.byteOffset,
      starts: this.starts.byteOffset,
    };
  }

  /** Items that take part. */
  get #rows(): number {
    return Math.ceil(this.items.rows / this.#step);
  }

  /**
   * First centroids by ml-kmeans on a sample. Where more are wanted than it can make in reasonable time, items spread
   * evenly over its cells take their place.
   */
  async seed(random: Random): Promise<void> {
    const first = firstCentroids(this.items, Math.min(this.count, MAX_FIRST_CENTROIDS), random);
    this.#cells = first.length;
    first.forEach((centroid, cell) => {
      this.centroids.data.set(centroid, cell * this.items.stride);
      this.#computeHalfNorm(cell);
    });
    await this.#assign();
    if (this.count <= MAX_FIRST_CENTROIDS) return;

    this.#cells = this.count;
    for (let cell = 0; cell < this.count; cell++) {
      const position = Math.floor(((cell + random.uniform()) * this.#rows) / this.count);
      this.#placeCentroid(cell, this.members[Math.min(position, this.#rows - 1)]!);
    }
    await this.#assign();
  }

  /** Centroids to the means of their members, then items to their nearest centroids. Returns whether few moved. */
  async round(random: Random): Promise<boolean> {
    await this.#moveCentroids();
    this.#reseedEmptyCells(random);
    const before = this.#assignment.slice(0, this.#rows);
    await this.#assign();
    let moved = 0;
    for (let i = 0; i < before.length; i++) if (before[i] !== this.#assignment[i]) moved++;
    return moved <= SETTLED_SHARE * before.length;
  }

  /** From here on every item takes part. */
  async useAllItems(): Promise<void> {
    if (this.#step === 1) return;
    this.#step = 1;
    await this.#assign();
  }

  /** Leaves each centroid at the mean of its members. */
  async finish(): Promise<void> {
    await this.useAllItems();
    await this.#moveCentroids();
  }

  async #assign(): Promise<void> {
    await this.workers.run(
      this.#split(this.#rows).map(([first, last]): CellTask => {
        return { kind: 'assign', memory: this.#memory, step: this.#step, first, last, cells: this.#cells };
      }),
    );
    const { starts, members: positions } = this;
    groupByKey(this.#assignment.subarray(0, this.#rows), this.count, { starts, positions });
  }

  async #moveCentroids(): Promise<void> {
    await this.workers.run(
      this.#split(this.#cells).map(([first, last], i): CellTask => {
        return { kind: 'move', memory: this.#memory, step: this.#step, first, last, sums: this.#sums[i]!.byteOffset };
      }),
    );
  }

  /** An empty cell takes a random member of the largest one as its centroid, and with it about half of its items. */
  #reseedEmptyCells(random: Random): void {
    const sizes = Array.from({ length: this.#cells }, (_, cell) => this.starts[cell + 1]! - this.starts[cell]!);
    for (let empty = sizes.indexOf(0); empty !== -1; empty = sizes.indexOf(0, empty + 1)) {
      let largest = 0;
      for (let cell = 1; cell < sizes.length; cell++) if (sizes[cell]! > sizes[largest]!) largest = cell;
      const first = this.starts[largest]!;
      this.#placeCentroid(empty, this.members[first + random.below(this.starts[largest + 1]! - first)]!);
      sizes[largest]! /= 2;
    }
  }

  /** @param member counted in steps */
  #placeCentroid(cell: number, member: number): void {
    const { stride, data } = this.items;
    const from = member * this.#step * stride;
    this.centroids.data.set(data.subarray(from, from + stride), cell * stride);
    this.#computeHalfNorm(cell);
  }

  #computeHalfNorm(cell: number): void {
    const row = this.centroids.data.byteOffset + cell * this.items.stride * 4;
    this.#halfNorms[cell] = this.arena.kernels.dot(row, row, this.items.stride) / 2;
  }

  /** 0 … total in nearly equal runs, one per task. */
  #split(total: number): [first: number, last: number][] {
    const tasks = this.#sums.length;
    const bound = (i: number): number => Math.floor((total * i) / tasks);
    return Array.from({ length: tasks }, (_, i): [number, number] => [bound(i), bound(i + 1)]).filter(
      ([first, last]) => first < last,
    );
  }
}

/**
 * The first centroids: k-means with k-means++ seeding (ml-kmeans) on a random sample of the rows.
 * @param count wanted centroids, at most `MAX_FIRST_CENTROIDS`
 * @returns `count` rows, or fewer where the sample has fewer distinct ones
 */
function firstCentroids(items: Matrix, count: number, random: Random): number[][] {
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
