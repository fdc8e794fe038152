import type { RankerName } from '../learn/model/popularity.js';
import type { AttributeValue } from '../learn/ratings/ratings-table.js';
import type { SourceKind } from '../retrieve/candidate-source.js';
import type { Filters, ListOptions, RequestOptions } from './request-options.js';

/** Which knowledge a recommendation rests on, best first. */
export const TIERS = ['model', 'fold-in', 'popularity'] as const;
export type Tier = (typeof TIERS)[number];

/**
 * Why a recommendation rests on the tier that it does:
 * - `trained` (`model`): the user was trained;
 * - `few-interactions` (`model`): trained, but on so little that the average user makes up a tenth of the vector or more;
 * - `history` (`fold-in`): the vector was solved for from the request's history, and what the snapshot knows of the user;
 * - `events` (`fold-in`): the same with new events of the user instead of a history in the request;
 * - `no-user` (`popularity`): the request names neither a user nor a history;
 * - `unknown-user` (`popularity`): the snapshot does not know the user, and the request has no history;
 * - `not-trained` (`popularity`): the user is known, but nothing of what training took counts as liked;
 * - `history-unknown` (`popularity`): the snapshot knows none of the items of the history;
 * - `history-without-likes` (`popularity`): the history, or the new events, say of no item that it is liked (`sgd`: have no
 *   ratings).
 */
export const REASONS = [
  'trained',
  'few-interactions',
  'history',
  'events',
  'no-user',
  'unknown-user',
  'not-trained',
  'history-unknown',
  'history-without-likes',
] as const;
export type Reason = (typeof REASONS)[number];

/** An item of a user's history that comes with the request instead of from the snapshot. */
export interface HistoryEntry {
  readonly itemId: string;
  /** Rating or weight; negative for a dislike. See `FoldIn` for what it means. Default: it is only known that they met. */
  readonly value?: number | undefined;
}

/** What users did since the snapshot was made, or shortly before. */
export interface UserEvents {
  /**
   * A user's events, at most one for each item. `timestamp` is in seconds since 1970, 0 when it is not known; `total` the sum
   * of what all events with the item are worth, by default the value.
   */
  of(userId: string): readonly (HistoryEntry & { readonly timestamp: number; readonly total?: number })[] | undefined;
  /** A number that changes whenever the user's events do, and never comes again; undefined where there are none. */
  versionOf?(userId: string): number | undefined;
}

/** For whom, and what `REQUEST_OPTIONS` describes. */
export interface RecommendRequest extends RequestOptions {
  /** Unknown or missing: the tiers below `model` answer. */
  readonly userId?: string;
  /** What the user had to do with since the snapshot was made, or all of it where the snapshot does not know them. */
  readonly history?: readonly HistoryEntry[];
  /** Items wanted, 1 to 1000; fewer come back only when fewer are eligible. */
  readonly limit: number;
}

/** What `REQUEST_OPTIONS` describes, as far as it is about similar items. */
export type SimilarOptions = Filters & ListOptions & Pick<RequestOptions, 'coldShare' | 'diversity' | 'attributes'>;

/** What `REQUEST_OPTIONS` describes, as far as it is about popular items. */
export interface PopularRequest
  extends Filters,
    ListOptions,
    Pick<RequestOptions, 'diversity' | 'ranker' | 'attributes'> {
  readonly limit: number;
  readonly category?: string | undefined;
}

export interface RecommendedItem {
  readonly itemId: string;
  /** Exact dot product for `model` and `fold-in`, the ranker's score for `popularity`. Higher is better. */
  readonly score: number;
  readonly title?: string;
  /** Those that the request named, as far as the item has them. */
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly explanation?: Explanation;
}

/** How an item came into the list. */
export interface Explanation {
  /** Where it came from: the candidate source, the candidates without ratings (cold items), or the popularity ranking. */
  readonly stage: 'candidates' | 'cold' | 'popularity';
  /** Number of the cell that holds the item; null for what the popularity ranking found. */
  readonly cell: number | null;
  /** Place in the list, from 1. */
  readonly rank: number;
  /** Place by score among all candidates, before diversity and the bound on cold items. */
  readonly rankBefore: number;
  /** Part of the score that no item of the history accounts for, such as the average user's. */
  readonly base: number;
  /** The past items that contributed most, most first. */
  readonly because: readonly Contribution[];
}

/** What a past item adds to a score. With `base`, the contributions of the whole history add up to it (up to convergence). */
export interface Contribution {
  readonly itemId: string;
  readonly title?: string;
  readonly contribution: number;
  /** Cosine of the two item vectors. */
  readonly similarity: number;
}

/** How the items of a reply were found. */
export interface Retrieval {
  readonly source: SourceKind | 'popularity' | 'precomputed';
  /**
   * Different items that were scored for this list: those whose vectors the search compared, never more than the catalogue
   * has; of a list that was looked up, the items in it.
   */
  readonly candidates: number;
  /** True only when the list is proven, by what computed it now, to be the exact one: best by score within the filters. */
  readonly certified: boolean;
}

export interface Recommendation {
  /** The id that was asked for, whether known or not; null when the request had none. */
  readonly userId: string | null;
  readonly items: readonly RecommendedItem[];
  /** `cursor` of the request for the items that follow; null at the end. */
  readonly next: string | null;
  /** The tier that answered: the API calls it `source`. */
  readonly source: Tier;
  readonly reason: Reason;
  /** Id of the snapshot that answered. */
  readonly snapshot: string;
  readonly retrieval: Retrieval;
}

export interface SimilarItems {
  readonly itemId: string;
  readonly title?: string;
  /** `score` is the cosine of the two item vectors. */
  readonly items: readonly RecommendedItem[];
  /** As in `Recommendation`. */
  readonly next: string | null;
  readonly snapshot: string;
  readonly retrieval: Retrieval;
}

export interface PopularItems {
  readonly ranker: RankerName;
  /** The one that was asked for; null where none or several were. */
  readonly category: string | null;
  readonly items: readonly RecommendedItem[];
  /** As in `Recommendation`. */
  readonly next: string | null;
  readonly snapshot: string;
}

export interface FoundItems {
  readonly items: readonly ItemDetails[];
  /** As in `Recommendation`. */
  readonly next: string | null;
  readonly snapshot: string;
}

export interface FoundCategories {
  readonly categories: readonly CategoryDetails[];
  /** As in `Recommendation`. */
  readonly next: string | null;
  readonly snapshot: string;
}

export interface CategoryDetails {
  readonly name: string;
  /** Items in it that are available. */
  readonly items: number;
}

/** What the catalogue knows about an item. */
export interface ItemDetails {
  readonly itemId: string;
  readonly title?: string;
  readonly categories: readonly string[];
  /** Ratings of it in the snapshot. */
  readonly ratings: number;
  /** Mean rating, or null where there is none. */
  readonly meanRating: number | null;
  /** All that it has. */
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}
