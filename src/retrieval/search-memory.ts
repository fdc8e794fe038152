import type { Arena } from '../kernels/arena.js';
import type { Matrix } from '../numeric/matrix.js';
import type { Candidates } from './candidate-source.js';
import type { ItemMask } from './item-mask.js';

/** Addresses that one kernel search works with. */
export interface SearchMemory {
  readonly query: number;
  /** 0 where nothing is masked. */
  readonly mask: number;
  /** How many items to find: min(k, eligible items), at least 1. */
  readonly k: number;
  readonly keys: number;
  readonly work: number;
  readonly out: number;
}

/** Words that the search kernels write before the items: count, certified, scanned, cells probed. */
const HEADER_WORDS = 4;

/**
 * Runs a search kernel with scratch memory of its own, given back when it returns, and reads its answer.
 * @param workBytes scratch that the kernel wants beside its keys and its answer
 */
export function runSearch(
  arena: Arena,
  items: Matrix,
  query: Float32Array,
  k: number,
  mask: ItemMask | undefined,
  workBytes: number,
  kernel: (memory: SearchMemory) => void,
): Candidates {
  checkSearch(items, query, mask);
  const wanted = Math.min(Math.max(0, Math.floor(k)), mask ? mask.eligible : items.rows);
  // The k best of nothing, or no items at all, are known without looking.
  if (!(wanted > 0)) return NOTHING;

  const mark = arena.mark();
  try {
    const queryAddress = arena.reserve(items.stride * 4);
    const keys = arena.reserve(wanted * 16 + 160);
    const out = arena.reserve(HEADER_WORDS * 4 + wanted * 8);
    const work = arena.reserve(workBytes);
    const buffer = arena.memory.buffer;
    const padded = new Float32Array(buffer, queryAddress, items.stride);
    padded.fill(0, items.columns);
    padded.set(query.length > items.columns ? query.subarray(0, items.columns) : query);
    kernel({
      query: queryAddress,
      mask: mask && mask.eligible < mask.items ? mask.words.byteOffset : 0,
      k: wanted,
      keys,
      work,
      out,
    });
    const words = new Uint32Array(buffer, out, HEADER_WORDS + wanted);
    const count = words[0]!;
    return {
      items: words.slice(HEADER_WORDS, HEADER_WORDS + count),
      scores: new Float32Array(buffer, out + (HEADER_WORDS + wanted) * 4, count).slice(),
      certified: words[1] === 1,
      scanned: words[2]!,
    };
  } finally {
    arena.release(mark);
  }
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
