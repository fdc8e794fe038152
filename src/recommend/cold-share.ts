import type { CandidateSource, Candidates, Effort } from '../retrieve/candidate-source.js';
import type { ItemMask } from '../retrieve/item-mask.js';

/** The items without ratings of a snapshot. */
export class ColdItems {
  readonly #isCold: Uint8Array;

  /** @param cold their indices */
  constructor(
    items: number,
    readonly cold: Uint32Array,
  ) {
    this.#isCold = new Uint8Array(items);
    for (const item of cold) this.#isCold[item] = 1;
  }

  has(item: number): boolean {
    return this.#isCold[item] === 1;
  }

  /** How many of the listed items they are. */
  countIn(items: Uint32Array): number {
    let count = 0;
    for (let i = 0; i < items.length; i++) count += this.#isCold[items[i]!]!;
    return count;
  }
}

/** Candidates, and all searches that they were taken from. */
export interface Drawn extends Candidates {
  readonly searches: readonly Candidates[];
}

function drawnIn(search: Candidates): Drawn {
  const { items, scores, certified, scanned } = search;
  return { items, scores, certified, scanned, searches: [search] };
}

/**
 * The k best items of which at most `most` are cold; more only as far as there are not enough others, so that there are
 * always min(k, eligible) items. The items that the bound keeps out give their places to the best of the others.
 * @param mask left with the cold items excluded that the bound kept out
 */
export function searchWithColdBound(
  source: CandidateSource,
  query: Float32Array,
  k: number,
  { mask, effort }: { readonly mask: ItemMask; readonly effort: Effort },
  cold: ColdItems,
  most: number,
): Drawn {
  const first = source.search(query, k, { mask, effort });
  const found = cold.countIn(first.items);
  if (found <= most) return drawnIn(first);
  let others = mask.eligible;
  for (const item of cold.cold) if (!mask.has(item)) others--;
  const allowed = Math.max(most, Math.min(k, mask.eligible) - others);
  if (found <= allowed) return drawnIn(first);

  // The best `allowed` cold items are the first in the list: all others go, and the search is repeated.
  const kept = new Set(first.items.filter(item => cold.has(item)).subarray(0, allowed));
  for (const item of cold.cold) if (!kept.has(item)) mask.exclude(item);
  const second = source.search(query, k, { mask, effort });
  return {
    ...second,
    certified: first.certified && second.certified,
    scanned: first.scanned + second.scanned,
    searches: [first, second],
  };
}
