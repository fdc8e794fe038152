import type { Arena } from '../base/kernels/arena.js';
import type { Matrix } from '../base/numeric/matrix.js';

/** Candidates that a list is chosen from, for each of its places: enough to have a choice at the last of them. */
const POOL_PER_PLACE = 4;
/** The least of them, so that short lists have a choice too. */
const LEAST_POOL = 50;

/** How many candidates to fetch for a diversified list. */
export function poolSize(limit: number): number {
  return Math.max(LEAST_POOL, POOL_PER_PLACE * limit);
}

/**
 * Maximal marginal relevance (Carbonell and Goldstein, "The Use of MMR, Diversity-Based Reranking", SIGIR 1998): each
 * place goes to the candidate of largest (1 - diversity) · relevance - diversity · similarity, where relevance is the
 * score as a part of the span of all candidates' scores, 0 … 1, and similarity the largest cosine with an item that has
 * a place already. Ties go to the better score. Takes limit · candidates dot products.
 * @param items in the arena
 * @param columns leading columns that say what an item is like
 * @param pool candidates, best first
 * @param mostCold how many cold items may have a place
 * @returns places in `pool`
 */
export function diversify(
  arena: Arena,
  items: Matrix,
  columns: number,
  pool: { readonly items: Uint32Array; readonly scores: Float32Array },
  limit: number,
  diversity: number,
  isCold: (item: number) => boolean,
  mostCold: number,
): number[] {
  const count = pool.items.length;
  const best = pool.scores[0] ?? 0;
  const span = best - (pool.scores[count - 1] ?? 0) || 1;
  const nearest = new Float64Array(count).fill(-1);
  const isTaken = new Uint8Array(count);
  const chosen: number[] = [];
  let coldLeft = mostCold;
  const mark = arena.mark();
  try {
    const units = unitRows(arena, items, columns, pool.items);
    const { stride } = items;
    while (chosen.length < Math.min(limit, count)) {
      let winner = -1;
      let most = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < count; c++) {
        if (isTaken[c] === 1 || (coldLeft === 0 && isCold(pool.items[c]!))) continue;
        const relevance = 1 - (best - pool.scores[c]!) / span;
        const similarity = chosen.length > 0 ? nearest[c]! : 0;
        const value = (1 - diversity) * relevance - diversity * similarity;
        if (value > most) {
          most = value;
          winner = c;
        }
      }
      if (winner < 0) break;
      isTaken[winner] = 1;
      chosen.push(winner);
      if (isCold(pool.items[winner]!)) coldLeft--;
      const row = units.byteOffset + winner * stride * 4;
      for (let c = 0; c < count; c++) {
        if (isTaken[c] === 1) continue;
        nearest[c] = Math.max(nearest[c]!, arena.kernels.dot(row, units.byteOffset + c * stride * 4, stride));
      }
    }
    return chosen;
  } finally {
    arena.release(mark);
  }
}

/** The rows of some items, one after the other, each of length 1 (or 0). */
function unitRows(arena: Arena, { data, stride }: Matrix, columns: number, items: Uint32Array): Float32Array {
  const units = arena.float32(items.length * stride);
  items.forEach((item, i) => {
    const from = item * stride;
    let squares = 0;
    for (let f = 0; f < columns; f++) squares += data[from + f]! ** 2;
    const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    for (let f = 0; f < columns; f++) units[i * stride + f] = data[from + f]! * scale;
  });
  return units;
}
