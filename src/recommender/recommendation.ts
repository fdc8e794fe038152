import type { RankerName } from '../model/ranker-name.js';
import type { SourceKind } from '../retrieval/candidate-source.js';

/** Which knowledge a recommendation rests on, best first. */
export type Tier = 'model' | 'fold-in' | 'popularity';

/** An item of a user's history that comes with the request instead of from the snapshot. */
export interface HistoryEntry {
  readonly itemId: string;
  /** Rating or weight. Default 1. */
  readonly value?: number;
}

export interface RecommendRequest {
  /** Unknown or missing: the tiers below `model` answer. */
  readonly userId?: string;
  readonly history?: readonly HistoryEntry[];
  /** Items wanted; fewer come back only when fewer are eligible. */
  readonly limit: number;
  /** Item ids that must not come back. Unknown ids are ignored. */
  readonly exclude?: readonly string[];
  /** When given, only these items may come back. Unknown ids are ignored. */
  readonly only?: readonly string[];
  /** When given, only items in at least one of these categories may come back. */
  readonly categories?: readonly string[];
  /** Default false: items that the user has rated, or that are in `history`, do not come back. */
  readonly includeSeen?: boolean;
  /** Default false. Adds `explanation` to each item. */
  readonly explain?: boolean;
}

export interface RecommendedItem {
  readonly itemId: string;
  /** Exact dot product for `model` and `fold-in`, the ranker's score for `popularity`. Higher is better. */
  readonly score: number;
  readonly title?: string;
  readonly explanation?: Explanation;
}

/** The items of the user's own history that speak most for a recommended one. */
export interface Explanation {
  readonly because: readonly { readonly itemId: string; readonly title?: string; readonly similarity: number }[];
}

/** How the items of a reply were found. */
export interface Retrieval {
  readonly source: SourceKind | 'popularity' | 'precomputed';
  /** Items that reached the ranking stage. */
  readonly candidates: number;
  /** True only when the list is proven to be the exact one. */
  readonly certified: boolean;
}

export interface Recommendation {
  /** The id that was asked for, whether known or not; null when the request had none. */
  readonly userId: string | null;
  readonly items: readonly RecommendedItem[];
  readonly source: Tier;
  /** Id of the snapshot that answered. */
  readonly snapshot: string;
  readonly retrieval: Retrieval;
}

export interface SimilarItems {
  readonly itemId: string;
  readonly title?: string;
  /** `score` is the cosine of the two item vectors. */
  readonly items: readonly RecommendedItem[];
  readonly snapshot: string;
  readonly retrieval: Retrieval;
}

export interface PopularItems {
  readonly ranker: RankerName;
  readonly category: string | null;
  readonly items: readonly RecommendedItem[];
  readonly snapshot: string;
}

/** What the catalogue knows about an item. */
export interface ItemDetails {
  readonly itemId: string;
  readonly title?: string;
  readonly categories: readonly string[];
  /** Ratings of it in the snapshot. */
  readonly ratings: number;
  /** Mean rating, or null for data without ratings. */
  readonly meanRating: number | null;
}
