import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Csr } from '../dataset/csr.js';
import { messageOf, ShortlistError } from '../errors.js';
import type { Matrix } from '../numeric/matrix.js';
import type { TrainedFactors } from '../training/trained-factors.js';
import type { TopLists } from './top-lists.js';

export interface RankUsersOptions {
  /** Items per user. */
  readonly k: number;
  /** Worker threads. Default: one per processor. */
  readonly threads?: number;
  /** Told now and then how many users are ranked. */
  readonly onProgress?: (users: number) => void;
}

/** What a ranking worker is given. All arrays are over shared memory, so that no thread holds a copy of them. */
export interface RankTask {
  readonly columns: number;
  readonly userFactors: Float32Array;
  /** Longest vectors first: row n is item `order[n]`. */
  readonly itemFactors: Float32Array;
  readonly order: Uint32Array;
  /** Users to rank, and the items of each that must not come back (`Csr`). */
  readonly users: Uint32Array;
  readonly historyStarts: Uint32Array;
  readonly historyIndices: Uint32Array;
  readonly lists: Pick<TopLists, 'k' | 'items' | 'lengths'>;
  /** One counter: the next place in `users` that nobody has taken. */
  readonly next: Int32Array;
}

/** Users a worker takes at a time: often enough for a smooth bar, seldom enough that taking costs nothing. */
export const USERS_PER_TURN = 64;

/**
 * The exact top k of every given user over all items that are not in the user's history, best score first, in worker
 * threads. The answer does not depend on their number.
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
  const order = byDecreasingNorm(itemFactors);
  const task: RankTask = {
    columns: itemFactors.columns,
    userFactors: shared(userFactors.data),
    itemFactors: inOrder(itemFactors, order),
    order: shared(order),
    users: shared(users),
    historyStarts: shared(history.starts),
    historyIndices: shared(history.indices),
    lists: { k, items: lists.items, lengths: lists.lengths },
    next: new Int32Array(new SharedArrayBuffer(4)),
  };
  let done = 0;
  const progress = (turn: number) => {
    done += turn;
    onProgress?.(done);
  };
  const workers = Math.min(threads, Math.ceil(users.length / USERS_PER_TURN));
  await Promise.all(Array.from({ length: workers }, () => runWorker(task, progress)));
  return lists;
}

function runWorker(task: RankTask, onTurn: (users: number) => void): Promise<void> {
  const path = createRequire(import.meta.url).resolve('#dist/src/evaluation/rank-worker.js');
  return new Promise((resolve, reject) => {
    const failed = (reason: string, cause?: unknown) =>
      reject(new ShortlistError('worker-failed', `A ranking thread ended early: ${reason}.`, {}, { cause }));
    new Worker(path, { workerData: task })
      .on('message', onTurn)
      .once('error', error => failed(messageOf(error), error))
      .once('exit', code => (code === 0 ? resolve() : failed(`exit status ${code}`)));
  });
}

/** Items in the order in which the exact scan, which stops where vectors get too short to matter, stops soonest. */
function byDecreasingNorm({ rows, columns, stride, data }: Matrix): Uint32Array {
  const squaredNorms = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) squaredNorms[r]! += data[r * stride + c]! ** 2;
  }
  return Uint32Array.from(squaredNorms.keys()).sort((a, b) => squaredNorms[b]! - squaredNorms[a]! || a - b);
}

function inOrder({ stride, data }: Matrix, order: Uint32Array): Float32Array {
  const rows = new Float32Array(new SharedArrayBuffer(data.length * 4));
  order.forEach((row, n) => {
    rows.set(data.subarray(row * stride, (row + 1) * stride), n * stride);
  });
  return rows;
}

/** The same numbers over shared memory: as they are when they already are, else a copy. */
function shared<T extends Float32Array | Uint32Array>(array: T): T {
  if (array.buffer instanceof SharedArrayBuffer) return array;
  const Kind = array.constructor as new (buffer: SharedArrayBuffer) => T;
  const copy = new Kind(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}
