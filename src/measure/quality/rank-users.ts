import { availableParallelism } from 'node:os';
import { Arena } from '../../base/kernels/arena.js';
import { rankWorkBytes, TILE_ROWS } from '../../base/kernels/layout.js';
import type { Matrix } from '../../base/numeric/matrix.js';
import { descendingOrder } from '../../base/numeric/sorting.js';
import type { Csr } from '../../base/numeric/sparse.js';
import { runWorkers } from '../../base/threads/pool.js';
import type { TrainedFactors } from '../../learn/training/trained-factors.js';
import { relativeError } from '../../retrieve/rounding.js';
import type { TopLists } from './top-lists.js';

export interface RankUsersOptions {
  /** Items per user. */
  readonly k: number;
  /** Worker threads. Default: one per processor. */
  readonly threads?: number | undefined;
  /** Called now and then with how many users are ranked. */
  readonly onProgress?: (users: number) => void;
}

/** What the ranking threads are given. All arrays are over shared memory, so that no thread holds a copy of them. */
export interface RankTask {
  readonly columns: number;
  readonly userFactors: Float32Array;
  readonly catalogue: RankedItems;
  /** Where the scratch of each thread lies in the memory of the catalogue. */
  readonly scratch: readonly { readonly address: number; readonly bytes: number }[];
  /** Users to rank, and the items of each that must not come back (`Csr`). */
  readonly users: Uint32Array;
  readonly historyStarts: Uint32Array;
  readonly historyIndices: Uint32Array;
  readonly lists: Pick<TopLists, 'k' | 'items' | 'lengths'>;
  /** One counter: the next place in `users` that no thread has taken. */
  readonly next: Int32Array;
}

/** The items as the kernel `rankBlock` wants them, in one shared memory. */
export interface RankedItems {
  readonly memory: WebAssembly.Memory;
  readonly items: number;
  /** Longest vectors first: row n is item `order[n]`. */
  readonly rows: Float32Array;
  readonly order: Uint32Array;
  /** Of each tile of rows: upper bound on the norms of its rows and all after it. */
  readonly norms: Float32Array;
}

/**
 * Users that are ranked together: their vectors fit into a second-level cache up to a thousand factors, and each row of
 * the items is read from memory once for all of them.
 */
export const USERS_PER_TURN = 64;

/**
 * The exact top k of every given user over all items that are not in the user's history, best score first, in worker
 * threads. The answer does not depend on their number.
 * @throws ShortlistError `out-of-memory`, `worker-failed`
 */
export async function rankUsers(
  { userFactors, itemFactors }: TrainedFactors,
  users: Uint32Array,
  history: Csr,
  { k, threads = availableParallelism(), onProgress }: RankUsersOptions,
): Promise<TopLists> {
  const lists: TopLists = {
    users,
    k,
    items: new Uint32Array(new SharedArrayBuffer(users.length * k * 4)),
    lengths: new Uint32Array(new SharedArrayBuffer(users.length * 4)),
  };
  const arena = Arena.create();
  const bytes = scratchBytes(itemFactors, k);
  const workers = Math.min(threads, Math.ceil(users.length / USERS_PER_TURN));
  const task: RankTask = {
    columns: itemFactors.columns,
    userFactors: shared(userFactors.data),
    catalogue: layOutItems(arena, itemFactors),
    scratch: Array.from({ length: workers }, () => ({ address: arena.reserve(bytes), bytes })),
    users: shared(users),
    historyStarts: shared(history.starts),
    historyIndices: shared(history.indices),
    lists: { k, items: lists.items, lengths: lists.lengths },
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
  let done = 0;
  await runWorkers<RankTask, number>(new URL('./rank-worker.js', import.meta.url), {
    purpose: 'ranks users',
    threads: workers,
    job: task,
    onMessage(turn) {
      done += turn;
      onProgress?.(done);
    },
  });
  return lists;
}

/** Puts the items in the order in which a scan, which stops where vectors get too short to matter, stops soonest. */
function layOutItems(arena: Arena, matrix: Matrix): RankedItems {
  const { rows: items, stride, data } = matrix;
  const tiles = Math.ceil(items / TILE_ROWS);
  const rows = arena.float32(tiles * TILE_ROWS * stride);
  const order = arena.uint32(items);
  const norms = arena.float32(tiles);
  order.set(byDecreasingNorm(matrix));
  order.forEach((row, n) => {
    rows.set(data.subarray(row * stride, (row + 1) * stride), n * stride);
  });
  const mark = arena.mark();
  const rowNorms = arena.float32(tiles * TILE_ROWS);
  arena.kernels.rowNorms(rows.byteOffset, stride, 0, 0, items, relativeError(stride), rowNorms.byteOffset);
  let longest = 0;
  for (let tile = tiles - 1; tile >= 0; tile--) {
    for (const norm of rowNorms.subarray(tile * TILE_ROWS, (tile + 1) * TILE_ROWS)) longest = Math.max(longest, norm);
    norms[tile] = longest;
  }
  arena.release(mark);
  return { memory: arena.memory, items, rows, order, norms };
}

function byDecreasingNorm({ rows, columns, stride, data }: Matrix): Uint32Array {
  const squaredNorms = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) squaredNorms[r]! += data[r * stride + c]! ** 2;
  }
  return descendingOrder(squaredNorms);
}

/** What a worker allocates: vectors, masks, heaps, lists and lengths of a block of users, and the kernel's own scratch. */
function scratchBytes({ rows, stride }: Matrix, k: number): number {
  const roundings = 6 * 64;
  return (
    USERS_PER_TURN * (4 * stride + maskBytesOf(rows) + 8 * k + 4 * k + 4) + rankWorkBytes(USERS_PER_TURN) + roundings
  );
}

/** Bytes of a mask with a bit for every item, whole words. */
export function maskBytesOf(items: number): number {
  return 4 * Math.ceil(items / 32);
}

/** The same numbers over shared memory: as they are when they already are, else a copy. */
function shared<T extends Float32Array | Uint32Array>(array: T): T {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const Kind = array.constructor as new (buffer: SharedArrayBuffer) => T;
  const copy = new Kind(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
