// The k best of a stream of scored items, as keys of `top-k.ts` in a buffer with room for more than k. What may be among
// them is appended without looking; when the buffer is full, the k best are moved to its front and the least of them
// becomes the new limit. Against a heap, which is in order after every item, this saves most of the work for large k. One
// buffer is in use at a time.

import { KEY_BYTES } from '../layout';
import { keyOf, scoreOfKey } from './top-k';

/** Runs of at most so many keys are sorted by insertion. */
const SHORT: usize = 12 * KEY_BYTES;

let buffer: usize = 0;
let wanted: u32 = 0;
let spare: u32 = 0;
let filled: u32 = 0;
/** `makeRoom` acts when so many are in the buffer. */
let limit: u32 = 0;
/** Only greater keys are among the best, 0 while fewer than k are known. The k-th key of some time ago: see `tighten`. */
export let worst: u64 = 0;
/** Its score: nothing strictly below it is among the best. Minus infinity while fewer than k are known. */
export let threshold: f32 = 0;

/**
 * Starts with none.
 * @param address room for `size` + `room` + 4 keys, or for all that will be offered
 * @param room keys to gather beyond `size` before the best are chosen: few keep `worst` up to date, many save work
 */
export function startBest(address: usize, size: u32, room: u32): void {
  buffer = address;
  wanted = size;
  spare = room;
  filled = 0;
  limit = size;
  worst = 0;
  threshold = -Infinity;
}

/** Goes on with the `count` keys that are at `address` already. */
export function resumeBest(address: usize, size: u32, room: u32, count: u32): void {
  startBest(address, size, room);
  filled = count;
  makeRoom();
}

/** Takes an item unless it is not among the best or `isExcluded`. Call `makeRoom` after at most four. */
// @inline
export function offerKey(score: f32, item: u32, isExcluded: u32): void {
  const key = keyOf(score, item);
  // Written in any case, kept by counting it: whether it is kept is hard to guess, so nothing jumps.
  store<u64>(buffer + KEY_BYTES * filled, key);
  filled += u32(key > worst) & (isExcluded ^ 1);
}

// @inline
export function makeRoom(): void {
  if (filled >= limit) keepBest();
}

/** Makes `worst` the k-th best key of all that were offered so far, if there are k. Returns how many are kept. */
export function tighten(): u32 {
  if (filled > wanted) keepBest();
  return filled;
}

/** True when k items have been taken. */
export function isFull(): bool {
  return filled >= wanted;
}

/** Sorts the best, best first, and returns how many they are, at most k. */
export function finishBest(): u32 {
  tighten();
  sortKeys(buffer, buffer + KEY_BYTES * filled);
  return filled;
}

function keepBest(): void {
  worst = selectKeys(buffer, buffer + KEY_BYTES * filled, buffer + KEY_BYTES * wanted);
  threshold = scoreOfKey(worst);
  filled = wanted;
  limit = wanted + spare;
}

/** Moves the greatest keys of first … last to first … middle and returns the least of them. */
function selectKeys(first: usize, last: usize, middle: usize): u64 {
  while (last - first > SHORT) {
    const pivot = pivotOf(first, last);
    const split = partition(first, last, pivot);
    if (split === middle) return pivot;
    if (split === last) break;
    if (split < middle) first = split;
    else last = split;
  }
  insertionSort(first, last);
  return load<u64>(middle - KEY_BYTES);
}

/** Sorts keys, greatest first. */
function sortKeys(first: usize, last: usize): void {
  while (last - first > SHORT) {
    const split = partition(first, last, pivotOf(first, last));
    if (split === last) break;
    sortKeys(split, last);
    last = split;
  }
  insertionSort(first, last);
}

/** The median of the first, the middle and the last key: the least of all only where keys are equal. */
// @inline
function pivotOf(first: usize, last: usize): u64 {
  const a = load<u64>(first);
  const b = load<u64>(first + (((last - first) >> 4) << 3));
  const c = load<u64>(last - KEY_BYTES);
  return max(min(a, b), min(max(a, b), c));
}

/** Moves all keys that are not less than `pivot` to the front, and returns where they end. */
// @inline
function partition(first: usize, last: usize, pivot: u64): usize {
  let end = first;
  for (let at = first; at < last; at += KEY_BYTES) {
    const key = load<u64>(at);
    store<u64>(at, load<u64>(end));
    store<u64>(end, key);
    end += usize(key >= pivot) << 3;
  }
  return end;
}

function insertionSort(first: usize, last: usize): void {
  for (let at = first + KEY_BYTES; at < last; at += KEY_BYTES) {
    const key = load<u64>(at);
    let hole = at;
    for (; hole > first; hole -= KEY_BYTES) {
      const before = load<u64>(hole - KEY_BYTES);
      if (before >= key) break;
      store<u64>(hole, before);
    }
    store<u64>(hole, key);
  }
}
