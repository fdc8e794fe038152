import type { ItemMask } from '../retrieve/item-mask.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { likenessColumns } from '../snapshot/sources.js';
import type { ColdItems, Drawn } from './cold-share.js';
import { cursorOf, type ListIdentity, positionOf } from './cursor.js';
import { diversify, poolSize } from './diversity.js';
import { DEFAULT_COLD_SHARE, MAX_CAREFUL_LIMIT, REQUEST_OPTIONS, type RequestOptions } from './request-options.js';

/** The k best items for a request, or as many as there are. */
export type Draw = (k: number) => Drawn;

/** A part of a list, and what the next part begins after. */
export interface Page {
  readonly drawn: Drawn;
  /** Items of the list before it. */
  readonly offset: number;
  readonly next: string | null;
}

/** Cuts the lists of a snapshot into pages. */
export class Pages {
  /** @param mask that draws look at: how many items a list can have, it tells */
  constructor(
    private readonly snapshot: Snapshot,
    private readonly cold: ColdItems,
    private readonly mask: ItemMask,
  ) {}

  /**
   * The page of a list that a request is for. A search that proves nothing, and diversity, may begin a longer list otherwise
   * than a shorter one. What follows the first page is then what else the longest list has, so that nothing comes twice.
   * @param fillMask from the start: a draw may leave its own marks
   * @param isExact whether every draw begins like a longer one, diversity apart
   * @param longest items on all pages
   */
  pageOf(
    limit: number,
    request: RequestOptions,
    list: ListIdentity,
    fillMask: () => void,
    draw: Draw,
    isExact: boolean,
    longest = REQUEST_OPTIONS.limit.max,
  ): Page {
    const { cursor, diversity = 0 } = request;
    const position = cursor === undefined ? undefined : positionOf(cursor, list);
    const most = diversity > 0 ? Math.min(MAX_CAREFUL_LIMIT, longest) : longest;
    const drawn = (k: number): Drawn => {
      fillMask();
      return this.#diversified(draw, k, request);
    };
    fillMask();
    const all = Math.min(most, this.mask.eligible);
    const offset = position?.offset ?? 0;
    const end = Math.min(offset + limit, position ? all : Number.POSITIVE_INFINITY);
    let part: Drawn;
    if (!position) part = this.#diversified(draw, limit, request);
    else if (isExact && diversity === 0) part = partOf(drawn(end), offset, end);
    else part = partOf(continued(drawn(Math.min(position.first, all)), drawn(all)), offset, end);
    const reached = offset + part.items.length;
    return { drawn: part, offset, next: reached < all ? cursorOf(list, position?.first ?? limit, reached) : null };
  }

  /** The k best items, or of more of them k that differ as much as the request wants. */
  #diversified(draw: Draw, k: number, request: RequestOptions): Drawn {
    const { diversity = 0, coldShare = DEFAULT_COLD_SHARE } = request;
    if (diversity === 0) return draw(k);
    const { arena, itemFactors, manifest } = this.snapshot;
    const pool = draw(poolSize(k));
    const columns = likenessColumns(itemFactors, manifest.objective.algorithm);
    const places = diversify(arena, itemFactors, columns, pool, k, diversity, this.cold, coldShare);
    return {
      items: Uint32Array.from(places, place => pool.items[place]!),
      scores: Float32Array.from(places, place => pool.scores[place]!),
      // The best of a choice are proven, the choice is a matter of taste.
      certified: false,
      scanned: pool.scanned,
      searches: pool.searches,
    };
  }
}

/** A list that begins with the items of one and goes on with what else another has. */
function continued(first: Drawn, longest: Drawn): Drawn {
  const begun = new Set(first.items);
  const places = [...longest.items.keys()].filter(place => !begun.has(longest.items[place]!));
  return {
    items: Uint32Array.of(...first.items, ...places.map(place => longest.items[place]!)),
    scores: Float32Array.of(...first.scores, ...places.map(place => longest.scores[place]!)),
    certified: first.certified && longest.certified,
    scanned: Math.max(first.scanned, longest.scanned),
    searches: [...first.searches, ...longest.searches],
  };
}

/** The places `start` … `end` - 1 of a list. */
function partOf({ items, scores, certified, scanned, searches }: Drawn, start: number, end: number): Drawn {
  return { items: items.subarray(start, end), scores: scores.subarray(start, end), certified, scanned, searches };
}
