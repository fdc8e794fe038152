import { hashOfData } from '../base/numeric/hash.js';
import { ShortlistError } from '../errors.js';
import { DEFAULT_COLD_SHARE, type RequestOptions } from './request-options.js';

/** Where a page of a list begins. */
export interface Position {
  /** Items on the first page of all. */
  readonly first: number;
  /** Items on all pages before. */
  readonly offset: number;
}

/** What makes a list the one that it is: whoever comes with a cursor has to ask for the same. */
export interface ListIdentity {
  /** Id of the snapshot. */
  readonly snapshot: string;
  /** Hash of the request, see `hashOfData`. */
  readonly request: number;
  /** Hash of what is known of the user beside the snapshot. 0 where that does not matter. */
  readonly user: number;
}

/**
 * What tells one list from another. Every option counts that changes which items come back, or their order.
 * @param snapshot its id
 * @param about what the list is of, with what is not among the options
 * @param known of the user beside the snapshot
 */
export function identityOf(
  snapshot: string,
  about: readonly unknown[],
  request: RequestOptions,
  known: readonly unknown[] = [],
): ListIdentity {
  const { exclude, only, categories, match = 'any', filters, includeSeen = false, ranker } = request;
  const { coldShare = DEFAULT_COLD_SHARE, diversity = 0 } = request;
  const parts = [about, exclude, only, categories, match, filters, includeSeen, coldShare, diversity, ranker];
  return {
    snapshot,
    request: hashOfData(parts),
    user: known.length === 0 ? 0 : hashOfData(known),
  };
}

/** The cursor of the page that begins at a position. Nobody needs to know how it is made. */
export function cursorOf({ snapshot, request, user }: ListIdentity, first: number, offset: number): string {
  return `${snapshot}.${request.toString(36)}.${user.toString(36)}.${first}.${offset}`;
}

/**
 * The position that a cursor stands for.
 * @throws {ShortlistError} `invalid-cursor` for one that is none, or of another request; `cursor-expired` when another
 *   snapshot answers by now, or more is known of the user
 */
export function positionOf(cursor: string, list: ListIdentity): Position {
  const match = /^([0-9A-Za-z-]+)\.([0-9a-z]+)\.([0-9a-z]+)\.([0-9]{1,9})\.([0-9]{1,9})$/.exec(cursor);
  if (!match) {
    throw new ShortlistError('invalid-cursor', '`cursor` must be the `next` of an earlier reply, as it came.');
  }
  const [, snapshot, request, user, first, offset] = match;
  if (snapshot !== list.snapshot) {
    throw expired(`The list of this \`cursor\` is of snapshot ${snapshot}, but ${list.snapshot} answers now.`);
  }
  if (request !== list.request.toString(36)) {
    throw new ShortlistError(
      'invalid-cursor',
      'This `cursor` is of another request. Send it with all that the list was asked for with; only `limit` and `explain` may differ.',
    );
  }
  if (user !== list.user.toString(36)) {
    throw expired('The user of this `cursor` has new events, which change the list.');
  }
  return { first: Number(first), offset: Number(offset) };
}

function expired(why: string): ShortlistError {
  return new ShortlistError('cursor-expired', `${why} Ask without \`cursor\` to begin anew.`);
}
