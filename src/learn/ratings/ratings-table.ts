import type { RatingsReading } from './ratings-reading.js';

/**
 * What the values of interactions are:
 * - `none`: there are none, every interaction has the value 1;
 * - `ratings`: opinions on a scale, such as one to five stars, of which the latest of a user and an item holds;
 * - `quantities`: how much or how often, such as plays and units bought, which add up;
 * - `labels`: yes or no, as 1 and 0 or 1 and -1.
 */
export const VALUE_KINDS = ['none', 'ratings', 'quantities', 'labels'] as const;
export type ValueKind = (typeof VALUE_KINDS)[number];

/** What becomes of several rows of one user and item. */
export const REPEAT_RULES = ['sum', 'last', 'max', 'count'] as const;
export type RepeatRule = (typeof REPEAT_RULES)[number];

/**
 * Ratings as they were read: one row per kept (user, item) pair, ids replaced by positions in the id lists, which hold
 * every id once in order of first appearance.
 */
export interface RatingsTable {
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  /** Position in `userIds` of each row. */
  readonly users: Uint32Array;
  /** Position in `itemIds` of each row. */
  readonly items: Uint32Array;
  /** Rating, quantity or label of each row; without any, the number of rows that it stands for, which is mostly 1. */
  readonly values: Float32Array;
  /** Seconds since 1970 of each row, or null when the files have no timestamp column. */
  readonly timestamps: Float64Array | null;
  /** True when the rows came with values, such as ratings or quantities; false when each is an interaction and no more. */
  readonly rated: boolean;
  /** What the values are. Default: `ratings` where they were `rated`, otherwise `none`. */
  readonly valueKind?: ValueKind;
  /** Rows that went into another one of the same (user, item). */
  readonly duplicates: number;
  /** What their values became. Default: `last`. */
  readonly repeats?: RepeatRule;
  /** Bad rows that were skipped (only with the reader's `skipBadRows`). */
  readonly rejected: number;
  /** What the files held, and what is odd about it. Only of ratings that were read from files. */
  readonly reading?: RatingsReading;
  /** Good rows that are left out, since events of their type weigh nothing. Default 0. */
  readonly leftOut?: number;
  /** What was assumed about the rows, a line each. Default: nothing. */
  readonly notes?: readonly string[];
}

/** A value of an attribute of an item. Numbers are finite. */
export type AttributeValue = number | boolean | string | readonly string[];

/** Most attributes that items may have. */
export const MAX_ATTRIBUTES = 64;

/** Facts about an item that are not ratings. */
export interface CatalogueItem {
  readonly itemId: string;
  readonly title?: string;
  readonly categories: readonly string[];
  /** False for an item that cannot be had now and must not be recommended. Default true. */
  readonly available?: false;
  /**
   * Further facts by name, such as a price or a brand, that replies can show and requests filter by. An attribute is of one
   * kind for all items; at most 64 attributes.
   */
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}
