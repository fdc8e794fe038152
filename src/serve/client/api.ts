/**
 * What every endpoint takes and gives, by the name of the client's method. Written out, so that programs which use the
 * client need no types of the server's; a test holds it equal to the schemas that the server checks and documents by.
 */
export interface Api {
  recommendForUser: { query: RecommendQuery; reply: Recommendation };
  recommend: { body: RecommendBody; reply: Recommendation };
  recommendBatch: { body: BatchBody; reply: Recommendations };
  logEvents: { body: EventsBody; reply: LoggedEvents };
  similarItems: { query: SimilarQuery; reply: SimilarItems };
  similar: { body: SimilarBody; reply: SimilarItems };
  popularItems: { query: PopularQuery; reply: PopularItems };
  findItems: { query: FindItemsQuery; reply: FoundItems };
  findCategories: { query: FindCategoriesQuery; reply: FoundCategories };
  item: { reply: Item };
  snapshot: { reply: Snapshot };
  reload: { reply: SnapshotChange };
  rollback: { query: RollbackQuery; reply: SnapshotChange };
  live: { reply: Health };
  ready: { reply: Readiness };
}

/** What an endpoint replies. */
export type Reply<Name extends keyof Api> = Api[Name]['reply'];
/** The query parameters of an endpoint. Every one may be left out. */
export type Query<Name extends keyof Api> = Api[Name] extends { query: infer Parameters } ? Parameters : Nothing;
/** The body that an endpoint takes. */
export type Body<Name extends keyof Api> = Api[Name] extends { body: infer Content } ? Content : never;

/** Of endpoints without parameters. */
type Nothing = Record<string, never>;

export interface LimitQuery {
  /** Items wanted, 1 … 1000; fewer come back only when fewer are eligible. Default 10. */
  limit?: number;
}

/** Of a reply that is one page of a list. */
export interface PageQuery extends LimitQuery {
  /**
   * `next` of an earlier reply: the list goes on after it. All but `limit` and `explain` has to be as before, and the same
   * snapshot has to answer; otherwise the problem is `invalid-cursor` or `cursor-expired`.
   */
  cursor?: string | undefined;
}

export interface FilterQuery {
  /**
   * Only items that fulfil all of these conditions on their attributes come back, such as `price<=20`, `brand=acme` and
   * `brand=acme|globex` (any of these), with one of = != < <= > >=. An item without the attribute fulfils != alone. At
   * most 20.
   */
  filter?: string[] | undefined;
}

export interface AttributesQuery extends FilterQuery {
  /** Names of attributes to return with each item. None with a comma. */
  attributes?: string[] | undefined;
}

/** A condition on an attribute. */
export interface AttributeFilter {
  attribute: string;
  op: '<=' | '>=' | '!=' | '=' | '<' | '>';
  /** Of the attribute's kind. A list, for `=` and `!=`: any of these values. At most 1000. */
  value: number | boolean | string | (number | boolean | string)[];
}

export interface AttributesBody {
  /** As `filter` in `FilterQuery`: as text, or as objects. At most 20. */
  filters?: (string | AttributeFilter)[];
  /** Names of attributes to return with each item. At most 64. */
  attributes?: string[];
}

/** Attributes of an item by name. */
export type ItemAttributes = Record<string, number | boolean | string | string[]>;

export interface RecommendQuery extends PageQuery, AttributesQuery {
  /** Item ids that must not come back. Unknown ids are ignored. None with a comma: `recommend` takes those. */
  exclude?: string[] | undefined;
  /**
   * Only items in these categories come back: in at least one of them, or in all with `match`. Each is the whole name of a
   * category, or else several names with commas between them.
   */
  category?: string[] | undefined;
  /** Whether an item must be in any of the categories or in all of them. Default `any`. */
  match?: 'any' | 'all';
  /** Whether items that the user has rated already may come back. Default false. */
  includeSeen?: boolean;
  /**
   * Share of the list that items without ratings may take at most, 0 … 1: floor(limit × share) of them, and so of every part
   * that the list begins with; more only where there are not enough others. Default 0.1.
   */
  coldShare?: number;
  /**
   * How much the items of the list are to differ from one another: 0 ranks by score alone, towards 1 an item loses more of
   * its place for being like a better one, and a longer list may begin otherwise than a shorter one. Above 0 it takes a limit
   * of at most 50. Default 0.
   */
  diversity?: number;
  /**
   * Adds to each item where it came from, its rank before and after diversity and the bound on items without ratings, and
   * the items of the user’s own history that contributed most to its score. Takes a limit of at most 50. Default false.
   */
  explain?: boolean;
  /** How popularity is measured, where it answers. Default: what suits the data. */
  ranker?: Ranker;
}

export interface SimilarQuery extends PageQuery, AttributesQuery {
  /** As in `RecommendQuery`. */
  exclude?: string[] | undefined;
  /** As in `RecommendQuery`. */
  category?: string[] | undefined;
  /** As in `RecommendQuery`. */
  match?: 'any' | 'all';
  /** As in `RecommendQuery`. */
  coldShare?: number;
  /** As in `RecommendQuery`. */
  diversity?: number;
}

export interface SimilarBody extends AttributesBody {
  itemId: string;
  /** Items wanted, 1 … 1000. Default 10. */
  limit?: number | undefined;
  /** As in `RecommendBody`. */
  exclude?: string[];
  /** As in `RecommendBody`. */
  only?: string[];
  /** As in `RecommendBody`. */
  categories?: string[];
  /** As in `RecommendBody`. */
  match?: 'any' | 'all' | undefined;
  /** As in `RecommendQuery`. */
  coldShare?: number | undefined;
  /** As in `RecommendQuery`. */
  diversity?: number | undefined;
  /** As in `PageQuery`. */
  cursor?: string | undefined;
}

/** An item that a user met. */
export interface HistoryEntry {
  itemId: string;
  /**
   * Rating or weight: within the scale of the ratings, or negative for a dislike, no larger than the scale goes. For als, a value below the rating threshold says nothing, and a negative one
   * below it that the item is disliked. Default: it is only known that the user met the item.
   */
  value?: number;
}

export interface RecommendBody extends AttributesBody {
  /** Unknown or missing: the history, or else popularity, answers. */
  userId?: string;
  /** Items that the user is known to like or dislike, for users the snapshot does not know. At most 1000. */
  history?: HistoryEntry[];
  /** Items wanted, 1 … 1000; fewer come back only when fewer are eligible. Default 10. */
  limit?: number | undefined;
  /** Item ids that must not come back. Unknown ids are ignored. At most 10,000. */
  exclude?: string[];
  /** Only these items may come back; of an empty list none. At most 10,000. */
  only?: string[];
  /** As `category` in `RecommendQuery`; of an empty list no item comes back. At most 100. */
  categories?: string[];
  /** Whether an item must be in any of the categories or in all of them. Default `any`. */
  match?: 'any' | 'all' | undefined;
  /** Whether items that the user has rated already may come back. Default false. */
  includeSeen?: boolean | undefined;
  /** As in `RecommendQuery`. */
  coldShare?: number | undefined;
  /** As in `RecommendQuery`. */
  diversity?: number | undefined;
  /** As in `RecommendQuery`. */
  explain?: boolean | undefined;
  /** As in `RecommendQuery`. */
  ranker?: Ranker;
  /** As in `PageQuery`. */
  cursor?: string | undefined;
}

export interface BatchBody extends AttributesBody {
  /** 1 … 1000 of them; times `limit` at most 100,000. */
  userIds: string[];
  /** Items wanted for each, 1 … 1000. Default 10. */
  limit?: number | undefined;
  /** Item ids that must not come back to anyone. Unknown ids are ignored. At most 1000. */
  exclude?: string[];
  /** As in `RecommendQuery`. */
  ranker?: Ranker;
}

/** A new interaction. */
export interface NewEvent {
  userId: string;
  /** Known to the snapshot or not: it may be in the next one. */
  itemId: string;
  /**
   * Rating or weight, if the ratings of the snapshot have any: within their scale, or negative for a dislike, no larger than
   * the scale goes; a quantity above 0. Default: the mean of them.
   */
  value?: number;
  /** ISO 8601 with Z or an offset, such as `2026-01-31T12:00:00Z`, at most five minutes ahead. Default: now. */
  timestamp?: string;
}

export interface EventsBody {
  /** 1 … 1000 of them. */
  events: NewEvent[];
}

export interface PopularQuery extends PageQuery, AttributesQuery {
  /** As in `RecommendQuery`. */
  exclude?: string[] | undefined;
  /** As in `RecommendQuery`; one, or several. */
  category?: string | string[] | undefined;
  /** As in `RecommendQuery`. */
  match?: 'any' | 'all';
  /** As in `RecommendQuery`. */
  diversity?: number;
  /** How popularity is measured. Default: what suits the data. */
  ranker?: Ranker;
}

export interface FindItemsQuery extends PageQuery, FilterQuery {
  /**
   * Text to find in titles and ids, whatever its case, accents and Unicode form. Where it is nowhere, words that begin like
   * it but for one typo are found. Empty: the most rated items. Default empty.
   */
  query?: string;
}

export interface FindCategoriesQuery extends PageQuery {
  /** Text to find in names, as items are found. Empty: all. Default empty. Of categories, 100 are wanted by default. */
  query?: string;
}

export interface RollbackQuery {
  /** Id of the snapshot to go back to. Default: the one before. */
  to?: string;
}

/** How popularity is measured. */
export type Ranker = 'damped-mean' | 'mean' | 'count' | 'trending';

/** Where candidates are searched. */
export type SourceKind = 'exact' | 'clusters' | 'hnsw';

/**
 * Why a reply rests on what it rests on. `trained`; `few-interactions`: trained, and blended with the average user in good
 * part; `history`: of the request; `events`: new ones; and for popularity `no-user` and no history in the request;
 * `unknown-user`; `not-trained`: none of the user’s ratings reaches the threshold; `history-unknown`: none of its items is
 * in the snapshot; `history-without-likes`.
 */
export type Reason =
  | 'trained'
  | 'few-interactions'
  | 'history'
  | 'events'
  | 'no-user'
  | 'unknown-user'
  | 'not-trained'
  | 'history-unknown'
  | 'history-without-likes';

export interface Recommendation {
  userId: string | null;
  /** Best first; an item without ratings may have to stand behind others of lower score. */
  items: RecommendedItem[];
  /** The `cursor` of the request for what follows; null where the list ends. */
  next: string | null;
  /** What the reply rests on: the trained user, a history or new events, or popularity. */
  source: 'model' | 'fold-in' | 'popularity';
  reason: Reason;
  /** Id of the snapshot that answered. */
  snapshot: string;
  retrieval: Retrieval;
}

export interface Recommendations {
  /** One for each user id, in the order of the request. */
  recommendations: Recommendation[];
  /** Id of the snapshot that answered. */
  snapshot: string;
}

export interface RecommendedItem {
  itemId: string;
  /** Higher is better. Comparable inside one reply only. */
  score: number;
  title?: string;
  /** Those that the request named, as far as the item has them. */
  attributes?: ItemAttributes;
  /** Only with `explain`. */
  explanation?: Explanation;
}

export interface Explanation {
  /**
   * Where it came from: the candidate source, there as an item without ratings whose categories speak for it, or the
   * popularity ranking.
   */
  stage: 'candidates' | 'cold' | 'popularity';
  /** The cell that holds it; null in a popularity ranking. */
  cell: number | null;
  /** Place in the list, from 1. */
  rank: number;
  /** Place by score among the candidates, before diversity and the bound on items without ratings. */
  rankBefore: number;
  /** Part of the score that no item of the history accounts for. */
  base: number;
  /** The past items that contributed most, most first. */
  because: Contribution[];
}

export interface Contribution {
  itemId: string;
  title?: string;
  /** What it adds to the score. With `base`, the contributions of the whole history add up to the score. */
  contribution: number;
  /** Cosine of the two items. */
  similarity: number;
}

/** How the candidates of a list were found. */
export interface Retrieval {
  source: SourceKind | 'popularity' | 'precomputed';
  /**
   * Different items that were scored for this list: those whose vectors the search compared, never more than the catalogue
   * has; of a list that was looked up, the items in it.
   */
  candidates: number;
  /**
   * True only when the list is proven, by what computed it for this reply, to be the exact one. Never with `diversity`, or of
   * a precomputed list.
   */
  certified: boolean;
}

export interface SimilarItems {
  itemId: string;
  title?: string;
  /** Most similar first. */
  items: RecommendedItem[];
  /** As in `Recommendation`. */
  next: string | null;
  /** Id of the snapshot that answered. */
  snapshot: string;
  retrieval: Retrieval;
}

export interface PopularItems {
  ranker: Ranker;
  /** The one that was asked for; null where none or several were. */
  category: string | null;
  /** Most popular first. */
  items: RecommendedItem[];
  /** As in `Recommendation`. */
  next: string | null;
  /** Id of the snapshot that answered. */
  snapshot: string;
}

export interface Item {
  itemId: string;
  title?: string;
  categories: string[];
  /** Ratings of it in the snapshot. */
  ratings: number;
  /** Null where there are no ratings. */
  meanRating: number | null;
  /** All that it has. Only where the snapshot has any. */
  attributes?: ItemAttributes;
}

export interface FoundItems {
  /** The most rated first. */
  items: Item[];
  /** As in `Recommendation`. */
  next: string | null;
  /** Id of the snapshot that answered. */
  snapshot: string;
}

export interface Category {
  name: string;
  /** Items in it that are available. */
  items: number;
}

export interface FoundCategories {
  /** In alphabetical order. */
  categories: Category[];
  /** As in `Recommendation`. */
  next: string | null;
  /** Id of the snapshot that answered. */
  snapshot: string;
}

export interface LoggedEvents {
  /** Events of the request, all of which are safe on disk. */
  accepted: number;
  /** Different items among them that the snapshot does not know. They count once a snapshot does. */
  unknownItems: number;
  /** Id of the snapshot that answered. */
  snapshot: string;
}

export interface SnapshotChange {
  /** Id of the snapshot that answers from now on. */
  snapshot: string;
  /** The one that answered before; the same when nothing had to change. */
  previous: string;
}

export interface Health {
  status: 'ok';
}

export interface Readiness {
  /** `degraded`: requests should be sent here all the same, but a part does not work. */
  status: 'ok' | 'degraded';
  /** Parts that do not work. `events`: POST /v1/events answers 503, recommendations go on. */
  degraded?: 'events'[];
}

/** How hard a search tries: cells probed for `clusters`, `ef` for `hnsw`; `exact` goes on until the answer is proven. */
export type Effort = number | 'exact';

/** What the values of an attribute are, the same for all items: `texts` is a list of texts. */
export type AttributeKind = 'number' | 'boolean' | 'text' | 'texts';

/** What a snapshot is and how it came to be. */
export interface Snapshot {
  formatVersion: 2;
  /** Unique, and sorts by time of creation. */
  id: string;
  /** ISO 8601. */
  created: string;
  /** Flags of the training run, as given or defaulted. */
  parameters: Record<string, unknown>;
  /** The loss that the factors were trained with. */
  objective:
    | {
        algorithm: 'als';
        regularization: number;
        regularizationExponent: number;
        unobservedWeight: number;
        alpha: number;
        minRating: number;
        /** Only for quantities as confidence: what 1 + alpha · √quantity is divided by. */
        quantityUnit?: number;
      }
    | { algorithm: 'sgd'; regularization: number; meanRating: number };
  dataset: {
    users: number;
    /** Items that were trained. */
    items: number;
    /** Items without ratings beside them, whose vectors come from their categories. */
    coldItems: number;
    ratings: number;
    /** Rows dropped because a later row rates the same user and item. */
    duplicates: number;
    /** Bad rows that were skipped. */
    rejected: number;
    /** False when the source had interactions without ratings. */
    rated: boolean;
    meanRating: number | null;
    /** What the values are: `ratings` on a scale, `quantities` that add up, `labels` (yes or no), or `none`. */
    valueKind?: 'none' | 'ratings' | 'quantities' | 'labels';
    /** Smallest and largest rating, where the values are ratings or labels; otherwise null. */
    scale?: { min: number; max: number } | null;
    /** What is known of items beside titles and categories. Snapshots without attributes do not have it. */
    attributes?: { name: string; kind: AttributeKind }[];
    /** Time of the first rating, or null for data without timestamps. */
    from: string | null;
    /** Time of the last rating, likewise. */
    to: string | null;
  };
  model: {
    /** Columns of the factor matrices, folded biases included. */
    columns: number;
    /** Loss after the last iteration; null for factors that were trained elsewhere. */
    loss: number | null;
  };
  /** How candidates are searched, and what was measured to choose that. */
  retrieval: {
    operatingPoint: { source: SourceKind; effort: Effort; k: number };
    /** Least recall that was asked for. */
    target: number;
    targetReached: boolean;
    /** What was measured, source by source and effort by effort; times in microseconds. */
    curve: {
      source: SourceKind;
      effort: Effort;
      recall: number;
      recallAtLimit: number;
      certified: number;
      p50us: number;
    }[];
    /** Recall of the chosen point for users that it was not chosen by. */
    checked: { users: number; recall: number; recallAtLimit: number };
    /** Seconds to build each source that needs building. */
    buildSeconds: Partial<Record<SourceKind, number>>;
    /** How the HNSW graph was built, or null when there is none. */
    hnsw: { m: number; efConstruction: number; space: 'ip' | 'l2'; seed: number } | null;
    /** How hard the search for similar items tries in the cells, and its recall of the best hundred. */
    similarity: { effort: Effort; recall: number };
  };
  /** Seconds that each stage of the build took. */
  seconds: Record<string, number>;
  /** Every file of the snapshot but the manifest itself. */
  files: Record<string, { bytes: number; sha256: string }>;
}

/** What the server says about a request that it does not answer: RFC 9457 problem details. */
export interface Problem {
  /** Identifies the kind of problem; relative to the server. */
  type: string;
  title: string;
  status: number;
  /** What was expected, what came, and what to do. */
  detail: string;
  /** The kind of problem as one word, stable, for programs. */
  code: string;
  /** Also in the X-Request-Id header and in the log of the server. */
  requestId: string;
  /** The fields that are wrong. */
  errors?: FieldError[];
}

export interface FieldError {
  in: 'path' | 'query' | 'body' | 'header';
  /** Such as `limit` or `history[0].itemId`; empty for the whole. */
  field: string;
  message: string;
}
