import type { Arena } from '../base/kernels/arena.js';
import { Answer, searchKeyBytes } from '../base/kernels/layout.js';
import type { Matrix } from '../base/numeric/matrix.js';
import type { Candidates } from './candidate-source.js';
import type { ItemMask } from './item-mask.js';

/** Addresses that one kernel search works with. */
export interface SearchMemory {
  readonly query: number;
  /** 0 where nothing is masked. */
  readonly mask: number;
  /** How many items to find: min(k, eligible items), at least 1. */
  readonly k: number;
  /** `searchKeyBytes` of room. */
  readonly keys: number;
  readonly work: number;
  readonly out: number;
}

/** Runs a search kernel and reads its answer. `workBytes`: scratch that it wants beside its keys and its answer. */
export type RunSearch = (
  query: Float32Array,
  k: number,
  mask: ItemMask | undefined,
  workBytes: number,
  kernel: (memory: SearchMemory) => void,
) => Candidates;

/**
 * Prepares searches over `items`. Each has scratch memory at the end of the arena, given back when it returns; what is
 * made here once and not for each search is a microsecond, of some fifteen.
 */
export function createRunSearch(arena: Arena, items: Matrix): RunSearch {
  let views: ReturnType<typeof viewsAt> | undefined;
  return (query, k, mask, workBytes, kernel) => {
    checkSearch(items, query, mask);
    const wanted = Math.min(Math.max(0, Math.floor(k)), mask ? mask.eligible : items.rows);
    // The k best of nothing, or no items at all, are known without looking.
    if (!(wanted > 0)) return NOTHING;

    const mark = arena.mark();
    try {
      const keyBytes = aligned(searchKeyBytes(wanted));
      const answerBytes = aligned(Answer.items * 4 + wanted * 8);
      const keys = arena.reserve(keyBytes + answerBytes + aligned(items.stride * 4) + workBytes);
      const out = keys + keyBytes;
      const padded = out + answerBytes;
      // The same place as before, as a rule.
      if (views?.out !== out || views.k !== wanted) views = viewsAt(arena, items, out, padded, wanted);
      views.query.fill(0, items.columns);
      views.query.set(query.length > items.columns ? query.subarray(0, items.columns) : query);
      kernel({
        query: padded,
        mask: mask && mask.eligible < mask.items ? mask.words.byteOffset : 0,
        k: wanted,
        keys,
        work: padded + aligned(items.stride * 4),
        out,
      });
      const { header } = views;
      const count = header[Answer.count]!;
      const [found, scores] = newAnswer(count);
      found.set(count === wanted ? views.items : views.items.subarray(0, count));
      scores.set(count === wanted ? views.scores : views.scores.subarray(0, count));
      return { items: found, scores, certified: header[Answer.certified] === 1, scanned: header[Answer.scanned]! };
    } finally {
      arena.release(mark);
    }
  };
}

/** The least multiple of 64 that is not below `bytes`. */
function aligned(bytes: number): number {
  return (bytes + 63) & ~63;
}

function viewsAt(arena: Arena, items: Matrix, out: number, query: number, k: number) {
  const { buffer } = arena.memory;
  return {
    out,
    k,
    query: new Float32Array(buffer, query, items.stride),
    header: new Uint32Array(buffer, out, Answer.items),
    items: new Uint32Array(buffer, out + Answer.items * 4, k),
    scores: new Float32Array(buffer, out + (Answer.items + k) * 4, k),
  };
}

/** Answers are cut from slabs of this many bytes: a buffer of its own costs an array more than all that is in it. */
const SLAB_BYTES = 16_384;
let slab = new ArrayBuffer(0);
let slabUsed = 0;

function newAnswer(count: number): [items: Uint32Array, scores: Float32Array] {
  const bytes = count * 8;
  if (slabUsed + bytes > slab.byteLength) {
    slab = new ArrayBuffer(Math.max(SLAB_BYTES, bytes));
    slabUsed = 0;
  }
  const at = slabUsed;
  slabUsed += bytes;
  return [new Uint32Array(slab, at, count), new Float32Array(slab, at + count * 4, count)];
}

/** @throws RangeError for a query or a mask that does not fit the items */
export function checkSearch(items: Matrix, query: Float32Array, mask: ItemMask | undefined): void {
  if (query.length < items.columns || query.length > items.stride) {
    throw new RangeError(`The query has ${query.length} floats, expected ${items.columns} like the items.`);
  }
  if (mask && mask.items !== items.rows) {
    throw new RangeError(`The mask is for ${mask.items} items, but there are ${items.rows}.`);
  }
}

const NOTHING: Candidates = {
  items: new Uint32Array(0),
  scores: new Float32Array(0),
  certified: true,
  scanned: 0,
};
