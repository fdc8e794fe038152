// The k best of a stream of scored items, as a binary min-heap of 64-bit keys. A key orders like (score descending, item
// ascending): the score's bits made monotone in the high half, the complement of the item in the low half. One integer
// comparison is therefore the whole order, ties included. Key 0 means "nothing yet": it is below every real key (minus
// infinity maps to 0x007fffff), so a heap of zeros is a heap of k empty places and needs no case of its own.

import { KEY_BYTES } from '../layout';

let heap: usize = 0;
let heapSize: u32 = 0;
/** The worst key kept: only a greater one gets in. */
export let worst: u64 = 0;
/** Its score: nothing strictly below it gets in. Minus infinity while there are empty places. */
export let threshold: f32 = 0;

// @inline
export function keyOf(score: f32, item: u32): u64 {
  // A score that is not a number (infinities of both signs met in the sum) ranks last, as minus infinity; adding zero
  // makes minus zero, which a negative cosine of a zero vector would be, the zero it is equal to.
  const bits = reinterpret<u32>(F32.isNaN(score) ? -Infinity : score + 0);
  const monotone = bits ^ (<u32>(<i32>bits >> 31) | 0x80000000);
  return ((<u64>monotone) << 32) | <u64>~item;
}

// @inline
export function scoreOfKey(key: u64): f32 {
  const monotone = <u32>(key >> 32);
  return reinterpret<f32>(monotone ^ (<u32>~(<i32>monotone >> 31) | 0x80000000));
}

// @inline
export function itemOfKey(key: u64): u32 {
  return ~(<u32>key);
}

/** Makes the `size` (at least 1) keys at `address` the current heap, empty. */
export function startHeap(address: usize, size: u32): void {
  heap = address;
  heapSize = size;
  memory.fill(address, 0, KEY_BYTES * size);
  worst = 0;
  threshold = -Infinity;
}

/** Makes a heap that was filled before the current one again. */
export function resumeHeap(address: usize, size: u32): void {
  heap = address;
  heapSize = size;
  worst = load<u64>(address);
  threshold = worst === 0 ? -Infinity : scoreOfKey(worst);
}

/** Puts `key`, which must be greater than `worst`, in the place of `worst`. */
export function replaceWorst(key: u64): void {
  const end = heap + KEY_BYTES * heapSize;
  // With `base` one key before the heap, the children of the node at offset o lie at 2 o and 2 o + 8.
  const base = heap - KEY_BYTES;
  let node: usize = KEY_BYTES;
  let child = base + (node << 1);
  while (child < end) {
    // Which of two siblings is less is anybody's guess, so it is computed and not jumped by.
    const right = child + KEY_BYTES;
    if (right < end) child += usize(load<u64>(right) < load<u64>(child)) << 3;
    const least = load<u64>(child);
    if (least >= key) break;
    store<u64>(base + node, least);
    node = child - base;
    child = base + (node << 1);
  }
  store<u64>(base + node, key);
  worst = load<u64>(heap);
  threshold = worst === 0 ? -Infinity : scoreOfKey(worst);
}

// @inline
export function offer(score: f32, item: u32): void {
  const key = keyOf(score, item);
  if (key > worst) replaceWorst(key);
}

/** Sorts the heap in place, best key first, and ends it. Returns how many places were filled. */
export function finishHeap(): u32 {
  let filled: u32 = heapSize;
  for (let size = heapSize; size > 1; size--) {
    const last = heap + KEY_BYTES * (size - 1);
    const key = load<u64>(last);
    const least = load<u64>(heap);
    heapSize = size - 1;
    replaceWorst(key);
    store<u64>(last, least);
  }
  while (filled > 0 && load<u64>(heap + KEY_BYTES * (filled - 1)) === 0) filled--;
  return filled;
}

/** Writes the items and scores of `count` sorted keys. `items` may be the keys' own address. */
export function unpackKeys(keys: usize, count: u32, items: usize, scores: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const key = load<u64>(keys + KEY_BYTES * i);
    store<u32>(items + 4 * i, itemOfKey(key));
    store<f32>(scores + 4 * i, scoreOfKey(key));
  }
}
