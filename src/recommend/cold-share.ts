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

/** How many of the first `places` of a list may be cold: the product is rounded up where a float falls short (0.29 × 100). */
export function mostCold(places: number, share: number): number {
  return Math.floor(places * share * (1 + Number.EPSILON));
}

/** Candidates, and all searches that they were taken from. */
export interface Drawn extends Candidates {
  readonly searches: readonly Candidates[];
}

/**
 * The k best items of which, at every place of the list, at most a share is cold: among the first n there are at most
 * `mostCold(n, share)`; more only as far as there are not enough others, so that there are always min(k, eligible) items.
 * A cold item that comes too early waits for the first place that it may take. So the list of a smaller k is how that of a
 * larger one begins, wherever the searches are exact.
 * @param mask left with the cold items excluded where the bound kept some out
 */
export function searchWithColdBound(
  source: CandidateSource,
  query: Float32Array,
  k: number,
  { mask, effort }: { readonly mask: ItemMask; readonly effort: Effort },
  cold: ColdItems,
  share: number,
): Drawn {
  const first = source.search(query, k, { mask, effort });
  const { certified, scanned } = first;
  const found = cold.countIn(first.items);
  if (found === 0) return { items: first.items, scores: first.scores, certified, scanned, searches: [first] };
  // As many as have a place: all that the list needs is there.
  if (found <= mostCold(first.items.length, share)) {
    const { items, scores } = merged(first, first, cold, share);
    return { items, scores, certified, scanned, searches: [first] };
  }
  mask.excludeAll(cold.cold);
  const others = source.search(query, k, { mask, effort });
  const { items, scores } = merged(first, others, cold, share);
  return {
    items,
    scores,
    certified: certified && others.certified,
    // The second search looks where the first did, and perhaps further: what both scored counts once.
    scanned: Math.max(scanned, others.scanned),
    searches: [first, others],
  };
}

/** The cold items of one list and the others of a second, best first as far as the share allows; as many as the first has. */
function merged(
  first: Candidates,
  second: Candidates,
  cold: ColdItems,
  share: number,
): Pick<Candidates, 'items' | 'scores'> {
  const { length } = first.items;
  const items = new Uint32Array(length);
  const scores = new Float32Array(length);
  /** The first place of a list, from `at` on, whose item is cold, or is not. */
  const next = (list: Candidates, at: number, isCold: boolean): number => {
    while (at < list.items.length && cold.has(list.items[at]!) !== isCold) at++;
    return at;
  };
  let coldAt = next(first, 0, true);
  let otherAt = next(second, 0, false);
  for (let place = 0, taken = 0; place < length; place++) {
    const isLeft = otherAt < second.items.length;
    const mayBeCold = coldAt < length && (!isLeft || taken < mostCold(place + 1, share));
    if (mayBeCold && (!isLeft || isBetter(first, coldAt, second, otherAt))) {
      items[place] = first.items[coldAt]!;
      scores[place] = first.scores[coldAt]!;
      coldAt = next(first, coldAt + 1, true);
      taken++;
    } else {
      items[place] = second.items[otherAt]!;
      scores[place] = second.scores[otherAt]!;
      otherAt = next(second, otherAt + 1, false);
    }
  }
  return { items, scores };
}

function isBetter(a: Candidates, atA: number, b: Candidates, atB: number): boolean {
  const [scoreA, scoreB] = [a.scores[atA]!, b.scores[atB]!];
  return scoreA > scoreB || (scoreA === scoreB && a.items[atA]! < b.items[atB]!);
}
