import { type Random, shuffle } from '../../base/numeric/random.js';
import { firstAbove } from '../../base/numeric/sorting.js';

/** Zipf-like weights in random order: the item of rank r weighs 1 / (r + 5), so that no item is in every history. */
export function skewedWeights(count: number, random: Random): Float64Array {
  const ranks = shuffle(
    Uint32Array.from({ length: count }, (_, rank) => rank),
    random,
  );
  return Float64Array.from(ranks, rank => 1 / (rank + 5));
}

/**
 * A function that draws from `candidates` in proportion to their weights (undefined if there are none): a binary search
 * in the running sums.
 * @param weights weight of every candidate, by candidate
 */
export function sampleByWeight(candidates: Uint32Array, weights: Float64Array): (random: Random) => number | undefined {
  const sums = new Float64Array(candidates.length);
  let total = 0;
  for (let i = 0; i < candidates.length; i++) {
    total += weights[candidates[i]!]!;
    sums[i] = total;
  }
  return random => candidates[firstAbove(sums, random.uniform() * total)];
}

/**
 * Splits `total` into whole shares of at least 1 and at most `most`, as near to proportional to the weights as these
 * bounds allow. `total` must lie between the number of shares and `most` times it.
 */
export function sharesOf(total: number, weights: Float64Array, most: number): Uint32Array {
  const shares = new Uint32Array(weights.length).fill(1);
  let left = total - weights.length;
  while (left > 0) {
    let open = 0;
    for (let i = 0; i < shares.length; i++) if (shares[i]! < most) open += weights[i]!;
    const round = left;
    for (let i = 0; i < shares.length && left > 0; i++) {
      // Rounding up where little is left, every round gives something away.
      const exact = (round * weights[i]!) / open;
      const given = Math.min(most - shares[i]!, left, round > shares.length ? Math.floor(exact) : Math.ceil(exact));
      shares[i]! += given;
      left -= given;
    }
  }
  return shares;
}
