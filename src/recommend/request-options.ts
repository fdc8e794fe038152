import { boolean, checkOption, choice, type GivenValues, integer, list, real } from '../base/options/option.js';
import type { RankerName } from '../learn/model/popularity.js';
import type { Manifest } from '../snapshot/manifest.js';

/**
 * Longest list that may be diversified or explained: both take time in proportion to it, at most about 0.1 ms an item (256
 * factors, a history of a thousand).
 */
export const MAX_CAREFUL_LIMIT = 50;

/** What a request for recommendations may say beside whom they are for. The API is documented by the meanings. */
export const REQUEST_OPTIONS = {
  /** Up to the largest a reply stays below about 100 kB and the retrieval stage below a whole scan. */
  limit: integer({
    meaning: 'Items wanted; fewer come back only when fewer are eligible.',
    min: 1,
    max: 1000,
    default: 10,
  }),
  exclude: list({ meaning: 'Item ids that must not come back. Unknown ids are ignored.', most: 10_000 }),
  /** An empty list leaves nothing; unknown ids are ignored. */
  only: list({ meaning: 'Only these items may come back.', most: 10_000 }),
  categories: list({
    meaning: 'Only items in these categories come back: in at least one of them, or in all with `match`.',
    most: 100,
  }),
  match: choice({
    meaning: 'Whether an item must be in any of the categories or in all of them.',
    words: ['any', 'all'],
    default: 'any',
  }),
  /** Without it what is in the `history` of the request does not come back either. */
  includeSeen: boolean({ meaning: 'Whether items that the user has rated already may come back.', default: false }),
  /** By default one in a list of ten, so that items without ratings are met at all. */
  coldShare: real({
    meaning:
      'Share of the list that items without ratings may take at most: floor(limit × share) of them, more only where there ' +
      'are not enough others.',
    min: 0,
    max: 1,
    default: 0.1,
  }),
  /** See `diversify`. */
  diversity: real({
    meaning:
      'How much the items of the list are to differ from one another: 0 ranks by score alone, towards 1 an item loses more ' +
      'of its place for being like a better one (maximal marginal relevance among four times as many candidates). Above 0 it ' +
      `takes a limit of at most ${MAX_CAREFUL_LIMIT}.`,
    min: 0,
    max: 1,
    default: 0,
  }),
  explain: boolean({
    meaning:
      'Adds to each item where it came from, its rank before and after diversity and the bound on items without ratings, ' +
      `and the items of the user’s own history that contributed most to its score. Takes a limit of at most ${MAX_CAREFUL_LIMIT}.`,
    default: false,
  }),
};

/** Ranker of popularity lists for data of ratings. */
export const DEFAULT_RANKER: RankerName = 'damped-mean';

/**
 * The ranker of popularity lists where none is asked for: where values are quantities, or there are none, by how many have
 * an item, since means say nothing there; otherwise by what they think of it.
 */
export function defaultRankerOf({ dataset }: Pick<Manifest, 'dataset'>): RankerName {
  return dataset.valueKind === 'quantities' || dataset.valueKind === 'none' ? 'count' : DEFAULT_RANKER;
}

export type RequestOptions = GivenValues<typeof REQUEST_OPTIONS>;

/**
 * Checks the numbers of a request, one by one: a loop over their names would cost every request objects.
 * @throws {ShortlistError} `invalid-option`
 */
export function checkRequest({ limit, coldShare, diversity }: RequestOptions & { readonly limit: number }): void {
  checkOption('limit', REQUEST_OPTIONS.limit, limit);
  if (coldShare !== undefined) checkOption('coldShare', REQUEST_OPTIONS.coldShare, coldShare);
  if (diversity !== undefined) checkOption('diversity', REQUEST_OPTIONS.diversity, diversity);
}
