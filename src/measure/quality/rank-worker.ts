import { parentPort, workerData } from 'node:worker_threads';
import { Arena } from '../../base/kernels/arena.js';
import { KEY_BYTES, rankWorkBytes } from '../../base/kernels/layout.js';
import { strideOf } from '../../base/numeric/matrix.js';
import type { WorkerData } from '../../base/threads/pool.js';
import { underflowError } from '../../retrieve/rounding.js';
import { maskBytesOf, type RankTask, USERS_PER_TURN } from './rank-users.js';

// Ranks users turn by turn until none is left. See `rank-users.ts`.

const { job, thread } = workerData as WorkerData<RankTask>;
const { columns, userFactors, catalogue, scratch, users, historyStarts, historyIndices, lists, next } = job;
const { memory, items, rows, order, norms } = catalogue;
const { k } = lists;
const stride = strideOf(columns);
const maskWords = maskBytesOf(items) / 4;
const arena = Arena.attach(memory, scratch[thread]);
const queries = arena.float32(USERS_PER_TURN * stride);
const masks = arena.uint32(USERS_PER_TURN * maskWords);
const keys = arena.reserve(USERS_PER_TURN * k * KEY_BYTES);
const work = arena.reserve(rankWorkBytes(USERS_PER_TURN));
const lengths = arena.uint32(USERS_PER_TURN);
const found = arena.uint32(USERS_PER_TURN * k);

for (;;) {
  const first = Atomics.add(next, 0, USERS_PER_TURN);
  const end = Math.min(users.length, first + USERS_PER_TURN);
  if (first >= end) break;
  rank(first, end);
  parentPort?.postMessage(end - first);
}

function rank(first: number, end: number): void {
  const count = end - first;
  masks.fill(0);
  for (let n = 0; n < count; n++) {
    const user = users[first + n]!;
    queries.set(userFactors.subarray(user * stride, (user + 1) * stride), n * stride);
    for (let e = historyStarts[user]!; e < historyStarts[user + 1]!; e++) {
      const item = historyIndices[e]!;
      masks[n * maskWords + (item >>> 5)]! |= 1 << (item & 31);
    }
  }
  arena.kernels.rankBlock(
    queries.byteOffset,
    count,
    stride,
    rows.byteOffset,
    items,
    order.byteOffset,
    norms.byteOffset,
    underflowError(stride),
    masks.byteOffset,
    maskWords * 4,
    k,
    keys,
    work,
    lengths.byteOffset,
    found.byteOffset,
  );
  for (let n = 0; n < count; n++) {
    lists.items.set(found.subarray(n * k, n * k + lengths[n]!), (first + n) * k);
    lists.lengths[first + n] = lengths[n]!;
  }
}
