import type { Drawn } from './cold-share.js';

/** The k best items for a request, or as many as there are. */
export type Draw = (k: number) => Drawn;

/** A part of a list, and what the next part begins after. */
export interface Page {
  readonly drawn: Drawn;
  /** Items of the list before it. */
  readonly offset: number;
  readonly next: string | null;
}

/** A list that begins with the items of one and goes on with what else another has. */
export function continued(first: Drawn, longest: Drawn): Drawn {
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
export function partOf({ items, scores, certified, scanned, searches }: Drawn, start: number, end: number): Drawn {
  return { items: items.subarray(start, end), scores: scores.subarray(start, end), certified, scanned, searches };
}
