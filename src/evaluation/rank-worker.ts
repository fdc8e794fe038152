import { parentPort, workerData } from 'node:worker_threads';
import { Arena } from '../kernels/arena.js';
import { createMatrix, strideOf } from '../numeric/matrix.js';
import { createExactSource } from '../retrieval/exact.js';
import { ItemMask } from '../retrieval/item-mask.js';
import { type RankTask, USERS_PER_TURN } from './rank-users.js';

// Ranks users turn by turn until none is left. See `rank-users.ts`.

const { columns, userFactors, itemFactors, order, users, historyStarts, historyIndices, lists, next } =
  workerData as RankTask;
const stride = strideOf(columns);
const arena = Arena.create();
const source = createExactSource(arena, createMatrix(order.length, columns, itemFactors));
const mask = new ItemMask(arena, order.length);
const placeOf = new Uint32Array(order.length);
order.forEach((item, place) => {
  placeOf[item] = place;
});

for (;;) {
  const first = Atomics.add(next, 0, USERS_PER_TURN);
  const end = Math.min(users.length, first + USERS_PER_TURN);
  if (first >= end) break;
  for (let n = first; n < end; n++) rank(n);
  parentPort?.postMessage(end - first);
}

function rank(n: number): void {
  const user = users[n]!;
  mask.clear();
  for (let e = historyStarts[user]!; e < historyStarts[user + 1]!; e++) mask.exclude(placeOf[historyIndices[e]!]!);
  const { items } = source.search(userFactors.subarray(user * stride, user * stride + columns), lists.k, { mask });
  items.forEach((place, i) => {
    lists.items[n * lists.k + i] = order[place]!;
  });
  lists.lengths[n] = items.length;
}
