import { availableParallelism } from 'node:os';
import { ShortlistError } from '../errors.js';
import type { Arena } from '../kernels/arena.js';
import { createMatrix, type Matrix } from '../numeric/matrix.js';
import { createRandom, type Random } from '../numeric/random.js';
import type { CellTask, KMeansMemory } from './cell-task.js';
import { type CellWorkers, startCellWorkers } from './cell-workers.js';
import { type Cells, defaultCellCount } from './cells.js';
import { firstCentroids, MAX_FIRST_CENTROIDS } from './first-centroids.js';

export interface CellsOptions {
  /** Wanted number of cells, at least 1; fewer come out where there are fewer distinct items. Default: by catalogue size. */
  readonly cells?: number;
  /** Default 1. The same seed gives the same cells, whatever the number of threads. */
  readonly seed?: number;
  /** At most this many rounds of assigning and averaging. Default 10: later ones change recall by less than 0.001. */
  readonly iterations?: number;
  /** Default: one for each core, or none beside this one for a small catalogue. */
  readonly threads?: number;
  readonly onProgress?: (progress: CellsProgress) => void;
}

export interface CellsProgress {
  /** Rounds of k-means done, of at most `iterations`. */
  readonly iteration: number;
  readonly iterations: number;
}

/** What `buildCells` returns. */
export interface BuiltCells {
  /** The renumbering: new item i is the old item order[i]. */
  readonly order: Uint32Array;
  /** The cells in the new numbering. */
  readonly cells: Cells;
}

const DEFAULT_ITERATIONS = 10;
/** A round that moves less than this share of the items to another cell is the last. */
const SETTLED_SHARE = 0.002;
/** Multiplications per round below which starting threads costs more than they save. */
const WORTH_THREADS = 50_000_000;
/** Tasks for each thread and step, so that a thread that falls behind does not hold the others up. */
const TASKS_PER_THREAD = 8;

/**
 * Groups the items into k-means cells (Lloyd's algorithm; raw vectors, which measured better than normalised ones): first
 * centroids by ml-kmeans on a sample, then SIMD rounds over all items in worker threads.
 *
 * Cells are numbered by decreasing largest norm, and items cell by cell, within a cell by decreasing norm, so that a
 * scan meets high scores early and can stop early.
 * @param arena nothing else may be allocated in it until the promise resolves
 * @param items copied into the arena for the time of the run unless they are there
 */
export async function buildCells(arena: Arena, items: Matrix, options: CellsOptions = {}): Promise<BuiltCells> {
  const wanted = options.cells ?? defaultCellCount(items.rows);
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new ShortlistError('invalid-option', `The number of cells must be a positive integer, got ${wanted}.`, {
      cells: wanted,
    });
  }
  if (items.rows === 0) {
    return {
      order: new Uint32Array(0),
      cells: { starts: new Uint32Array(1), centroids: createMatrix(0, items.columns) },
    };
  }
  const mark = arena.mark();
  const count = Math.min(wanted, items.rows);
  const work = items.rows * count * items.stride;
  const workers = startCellWorkers(arena, work < WORTH_THREADS ? 1 : (options.threads ?? availableParallelism()));
  try {
    const run = new KMeansRun(arena, arena.place(items), count, workers);
    await run.seed(createRandom(options.seed ?? 1));
    const iterations = options.iterations ?? DEFAULT_ITERATIONS;
    for (let iteration = 1; iteration <= iterations; iteration++) {
      const moved = await run.round(createRandom((options.seed ?? 1) + iteration));
      options.onProgress?.({ iteration, iterations });
      if (moved <= SETTLED_SHARE * items.rows) break;
    }
    return run.finish();
  } finally {
    await workers.close();
    arena.release(mark);
  }
}

/** The state of Lloyd's algorithm, in the arena. */
class KMeansRun {
  readonly #assignment: Uint32Array;
  readonly #members: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #centroids: Matrix;
  readonly #halfNorms: Float32Array;
  readonly #sums: Float32Array[];
  readonly #memory: KMeansMemory;
  #cells: number;

  constructor(
    readonly arena: Arena,
    readonly items: Matrix,
    readonly count: number,
    readonly workers: CellWorkers,
  ) {
    this.#assignment = arena.uint32(items.rows);
    this.#members = arena.uint32(items.rows);
    this.#starts = arena.uint32(count + 1);
    this.#centroids = arena.matrix(count, items.columns);
    this.#halfNorms = arena.float32(count);
    this.#sums = Array.from({ length: this.#tasks }, () => arena.float32(items.stride * 2));
    this.#cells = count;
    this.#memory = {
      rows: items.data.byteOffset,
      stride: items.stride,
      centroids: this.#centroids.data.byteOffset,
      halfNorms: this.#halfNorms.byteOffset,
      assignment: this.#assignment.byteOffset,
      members: this.#members.byteOffset,
      starts: this.#starts.byteOffset,
    };
  }

  get #tasks(): number {
    return this.workers.threads * TASKS_PER_THREAD;
  }

  /** First centroids: ml-kmeans on a sample and, where more are wanted, items spread evenly over those first cells. */
  async seed(random: Random): Promise<void> {
    const first = firstCentroids(this.items, Math.min(this.count, MAX_FIRST_CENTROIDS), random);
    this.#cells = first.length;
    first.forEach((centroid, cell) => {
      this.#centroids.data.set(centroid, cell * this.items.stride);
    });
    this.#computeHalfNorms();
    await this.#assign();
    if (this.count <= first.length) return;

    const { stride, data } = this.items;
    for (let cell = 0; cell < this.count; cell++) {
      const position = Math.floor(((cell + random.uniform()) * this.items.rows) / this.count);
      const item = this.#members[Math.min(position, this.items.rows - 1)]!;
      this.#centroids.data.set(data.subarray(item * stride, (item + 1) * stride), cell * stride);
    }
    this.#cells = this.count;
    this.#computeHalfNorms();
    await this.#assign();
  }

  /** Centroids to the means of their members, then items to their nearest centroids. Returns how many items moved. */
  async round(random: Random): Promise<number> {
    const tasks: CellTask[] = this.#split(this.#cells).map(([first, last], i) => {
      return { kind: 'move', memory: this.#memory, first, last, sums: this.#sums[i]!.byteOffset };
    });
    await this.workers.run(tasks);
    this.#reseedEmptyCells(random);
    const before = this.#assignment.slice();
    await this.#assign();
    let moved = 0;
    for (let i = 0; i < before.length; i++) if (before[i] !== this.#assignment[i]) moved++;
    return moved;
  }

  /** The cells that have members, and the items in their order. */
  finish(): BuiltCells {
    const { arena, items } = this;
    const norms = arena.float32(items.rows);
    arena.kernels.rowNorms(items.data.byteOffset, items.stride, 0, 0, items.rows, 0, norms.byteOffset);
    const descending = (a: number, b: number): number => norms[b]! - norms[a]! || a - b;
    const runs: { cell: number; items: Uint32Array }[] = [];
    for (let cell = 0; cell < this.#cells; cell++) {
      const run = this.#members.subarray(this.#starts[cell], this.#starts[cell + 1]);
      if (run.length > 0) runs.push({ cell, items: run.sort(descending) });
    }
    runs.sort((a, b) => descending(a.items[0]!, b.items[0]!));

    const order = new Uint32Array(items.rows);
    const starts = new Uint32Array(runs.length + 1);
    const centroids = createMatrix(runs.length, items.columns);
    runs.forEach((run, i) => {
      order.set(run.items, starts[i]);
      starts[i + 1] = starts[i]! + run.items.length;
      const at = run.cell * items.stride;
      centroids.data.set(this.#centroids.data.subarray(at, at + items.stride), i * items.stride);
    });
    return { order, cells: { starts, centroids } };
  }

  async #assign(): Promise<void> {
    const tasks: CellTask[] = this.#split(this.items.rows).map(([first, last]) => {
      return { kind: 'assign', memory: this.#memory, first, last, cells: this.#cells };
    });
    await this.workers.run(tasks);
    this.#listMembers();
  }

  /** Counting sort of the items by cell: the same order, hence the same sums, whoever assigned them. */
  #listMembers(): void {
    const starts = this.#starts.fill(0);
    for (const cell of this.#assignment) starts[cell + 1]!++;
    for (let cell = 0; cell < this.count; cell++) starts[cell + 1]! += starts[cell]!;
    const next = starts.slice();
    for (let item = 0; item < this.items.rows; item++) this.#members[next[this.#assignment[item]!]!++] = item;
  }

  /** An empty cell gets a random member of the largest one as its centroid, which halves that one in expectation. */
  #reseedEmptyCells(random: Random): void {
    const sizes = Array.from({ length: this.#cells }, (_, cell) => this.#starts[cell + 1]! - this.#starts[cell]!);
    const { stride, data } = this.items;
    for (let empty = sizes.indexOf(0); empty !== -1; empty = sizes.indexOf(0, empty + 1)) {
      let largest = 0;
      for (let cell = 1; cell < sizes.length; cell++) if (sizes[cell]! > sizes[largest]!) largest = cell;
      const size = this.#starts[largest + 1]! - this.#starts[largest]!;
      const item = this.#members[this.#starts[largest]! + random.below(size)]!;
      this.#centroids.data.set(data.subarray(item * stride, (item + 1) * stride), empty * stride);
      sizes[largest]! /= 2;
      this.#computeHalfNorm(empty);
    }
  }

  #computeHalfNorms(): void {
    for (let cell = 0; cell < this.#cells; cell++) this.#computeHalfNorm(cell);
  }

  #computeHalfNorm(cell: number): void {
    const row = this.#memory.centroids + cell * this.items.stride * 4;
    this.#halfNorms[cell] = this.arena.kernels.dot(row, row, this.items.stride) / 2;
  }

  /** 0 … total in equal runs, one per task; the empty ones are left out. */
  #split(total: number): [first: number, last: number][] {
    const runs: [number, number][] = [];
    for (let i = 0; i < this.#tasks; i++) {
      const first = Math.floor((total * i) / this.#tasks);
      const last = Math.floor((total * (i + 1)) / this.#tasks);
      if (last > first) runs.push([first, last]);
    }
    return runs;
  }
}
