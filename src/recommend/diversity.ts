import type { Arena } from '../base/kernels/arena.js';
import type { Matrix } from '../base/numeric/matrix.js';
import { type ColdItems, mostCold } from './cold-share.js';

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
 * a place already. Ties go to the candidate that comes first. Takes limit · candidates dot products. The list of a smaller
 * limit is how that of a larger one begins where both have the same pool, which grows with the limit.
 * @param items in the arena
 * @param columns leading columns that say what an item is like
 * @param pool candidates, best first
 * @param share of cold items at every place of the list, as in `searchWithColdBound`
 * @returns places in `pool`
 */
export function diversify(
  arena: Arena,
  items: Matrix,
  columns: number,
  pool: { readonly items: Uint32Array; readonly scores: Float32Array },
  limit: number,
  diversity: number,
  cold: ColdItems,
  share: number,
): number[] {
  const count = pool.items.length;
  // Cold items may stand behind others of lower score.
  const best = pool.scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  const least = pool.scores.reduce((least, score) => Math.min(least, score), best);
  const span = best - least || 1;
  const nearest = new Float64Array(count).fill(-1);
  const isTaken = new Uint8Array(count);
  const chosen: number[] = [];
  const isCold = Uint8Array.from(pool.items, item => Number(cold.has(item)));
  let othersLeft = count - cold.countIn(pool.items);
  let coldTaken = 0;
  const mark = arena.mark();
  try {
    const units = unitRows(arena, items, columns, pool.items);
    const { stride } = items;
    while (chosen.length < Math.min(limit, count)) {
      const mayBeCold = othersLeft === 0 || coldTaken < mostCold(chosen.length + 1, share);
      let winner = -1;
      let most = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < count; c++) {
        if (isTaken[c] === 1 || (isCold[c] === 1 && !mayBeCold)) continue;
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
      if (isCold[winner] === 1) coldTaken++;
      else othersLeft--;
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
