import type { ItemMask } from './item-mask.js';

/** The kinds of candidate source, as the manifest, the flags and the replies name them. */
export const SOURCE_KINDS = ['exact', 'clusters', 'hnsw'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/**
 * How hard a search tries. A number is the source's own unit (cells probed for `clusters`, `ef` for `hnsw`, ignored by
 * `exact`); `'exact'` goes on until the answer is proven exact.
 */
export type Effort = number | 'exact';

export interface SearchOptions {
  /** Items that must not be returned. Default: none. */
  readonly mask?: ItemMask;
  /** Default: the source's own `defaultEffort`. */
  readonly effort?: Effort;
}

/** The answer of a search, best first; ties by lower item index. */
export interface Candidates {
  readonly items: Uint32Array;
  /** The exact dot product of the query and each item, bit-equal from every source. */
  readonly scores: Float32Array;
  /** True only when these are proven to be the k best eligible items in this order. */
  readonly certified: boolean;
  /** Item vectors that were scored, for accounting. */
  readonly scanned: number;
}

/**
 * Something that finds the items whose vectors have the largest dot product with a query.
 * `search` returns min(k, eligible items) items, never fewer, whatever the mask and the effort.
 */
export interface CandidateSource {
  readonly kind: SourceKind;
  /** Items in the catalogue. */
  readonly items: number;
  /** Bytes of memory that the source needs beside the item vectors. */
  readonly bytes: number;
  defaultEffort: Effort;
  /**
   * @param query a vector of the item matrix's `columns` floats (the padding may be left out)
   * @param k how many items are wanted, 0 or more
   */
  search(query: Float32Array, k: number, options?: SearchOptions): Candidates;
}

/**
 * The share of the k best that a search found. An item counts when its score reaches the k-th best one, so that ties do
 * not punish; finding nothing where there is nothing is full recall.
 * @param exact the answer of an exact search for at least k items
 */
export function recallOf(found: Candidates, exact: Candidates, k: number): number {
  const possible = Math.min(k, exact.scores.length);
  if (possible === 0) return 1;
  const worst = exact.scores[possible - 1]!;
  let hits = 0;
  while (hits < possible && hits < found.scores.length && found.scores[hits]! >= worst) hits++;
  return hits / possible;
}
