import { boolean, checkOption, choice, type GivenValues, integer, list, real } from '../base/options/option.js';
import { ShortlistError } from '../errors.js';
import { RANKER_NAMES, type RankerName } from '../learn/model/popularity.js';
import type { Manifest } from '../snapshot/manifest.js';
import type { AttributeOptions } from './attribute-filters.js';

/**
 * Longest list that may be diversified or explained: both take time in proportion to it, at most about 0.1 ms an item (256
 * factors, a history of a thousand).
 */
export const MAX_CAREFUL_LIMIT = 50;

/**
 * What a request for a list may say beside whom it is for. The API is documented by the meanings. An empty list is taken at
 * its word: of what may come back it leaves nothing, of what may not it takes nothing away.
 */
export const REQUEST_OPTIONS = {
  /** Up to the largest a reply stays below about 100 kB and the retrieval stage below a whole scan. */
  limit: integer({
    meaning: 'Items wanted; fewer come back only when fewer are eligible.',
    min: 1,
    max: 1000,
    default: 10,
  }),
  exclude: list({ meaning: 'Item ids that must not come back. Unknown ids are ignored.', most: 10_000 }),
  only: list({
    meaning: 'Only these items may come back; of an empty list none. Unknown ids are ignored.',
    most: 10_000,
  }),
  categories: list({
    meaning:
      'Only items in these categories come back: in at least one of them, or in all with `match`; of an empty list none. ' +
      'Each is the whole name of a category, or else several names with commas between them.',
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
      'Share of the list that items without ratings may take at most: floor(limit × share) of them, and so of every part ' +
      'that the list begins with; more only where there are not enough others.',
    min: 0,
    max: 1,
    default: 0.1,
  }),
  /** See `diversify`. */
  diversity: real({
    meaning:
      'How much the items of the list are to differ from one another: 0 ranks by score alone, towards 1 an item loses more ' +
      'of its place for being like a better one (maximal marginal relevance among four times as many candidates, so a longer ' +
      `list may begin otherwise than a shorter one). Above 0 it takes a limit of at most ${MAX_CAREFUL_LIMIT}.`,
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

export const DEFAULT_COLD_SHARE = REQUEST_OPTIONS.coldShare.default;

/** Ranker of the popularity lists, which whoever is not known gets. The default depends on the data. */
export const RANKER = {
  meaning:
    'How popularity is measured, where it answers: `damped-mean` and `mean` by the ratings, `count` by how many there are, ' +
    '`trending` by how many there are of late. Default: what suits the data.',
  words: RANKER_NAMES,
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

/** Of any list. */
export interface ListOptions {
  /** `next` of the reply that this one goes on after; the rest of the request stays the same, `limit` apart. */
  readonly cursor?: string | undefined;
}

export interface RequestOptions extends GivenValues<typeof REQUEST_OPTIONS>, ListOptions, AttributeOptions {
  /** See `RANKER`. */
  readonly ranker?: RankerName | undefined;
}

/** What lets items into a list and keeps them out of it. */
export type Filters = Pick<RequestOptions, 'exclude' | 'only' | 'categories' | 'match' | 'filters'>;

/**
 * Checks the numbers and words of a request, one by one: a loop over their names would cost every request objects.
 * @throws {ShortlistError} `invalid-option`
 */
export function checkRequest(limit: number, { coldShare, diversity, match, ranker }: RequestOptions): void {
  checkOption('limit', REQUEST_OPTIONS.limit, limit);
  if (coldShare !== undefined) checkOption('coldShare', REQUEST_OPTIONS.coldShare, coldShare);
  if (diversity !== undefined) checkOption('diversity', REQUEST_OPTIONS.diversity, diversity);
  if (match !== undefined) checkWord('match', REQUEST_OPTIONS.match.words, match);
  if (ranker !== undefined) checkWord('ranker', RANKER.words, ranker);
}

function checkWord(option: string, words: readonly string[], value: string): void {
  if (words.includes(value)) return;
  const message = `\`${option}\` must be one of ${words.join(', ')}, got ${JSON.stringify(value)}.`;
  throw new ShortlistError('invalid-option', message, { option, value: String(value) });
}
