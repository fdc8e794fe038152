import { hasEntry } from '../../base/numeric/sparse.js';
import type { Dataset } from '../../learn/dataset/dataset.js';
import type { Recommendations } from './read-recommendations.js';
import { createTopLists, type TopLists } from './top-lists.js';

/** What there is to know about lists before their figures are believed. */
export interface ListFacts {
  /** Tested users that have a list, and those that have none, whose test items all count as missed. */
  readonly users: number;
  readonly usersWithoutList: number;
  /** Users with a list who are not tested: their lists count in nothing. */
  readonly otherUsers: number;
  /** Tested users whose list is shorter than the longest that is measured. */
  readonly shortLists: number;
  /** Rows that repeat an item of the same list: its best place counts. */
  readonly duplicates: number;
  /** Measured places taken by items that neither training nor test knows: they count as missed. */
  readonly unknownItems: number;
  /** Measured places taken by items that the user has in training: no test item is among those, so they are lost. */
  readonly seenItems: number;
}

/**
 * The lists of the tested users, as the system gave them: nothing is filtered out of them but repetitions.
 * @param users those tested, as rows of `train`
 * @param k places that are measured
 */
export function listsFromElsewhere(
  { userIds, itemIds, users: rowUsers, items: rowItems }: Recommendations,
  train: Pick<Dataset, 'users' | 'items' | 'byUser'>,
  users: Uint32Array,
  k: number,
): { readonly lists: TopLists; readonly facts: ListFacts } {
  const unknown = train.items.size;
  const itemOf = Uint32Array.from(itemIds, id => train.items.indexOf(id) ?? unknown);
  const placeOf = new Map(Array.from(users, (user, n) => [user, n]));
  const listOf = userIds.map(id => placeOf.get(train.users.indexOf(id) ?? -1));

  const lists = createTopLists(users, k);
  const listed = new Uint32Array(itemIds.length);
  let duplicates = 0;
  let unknownItems = 0;
  let seenItems = 0;
  for (let row = 0; row < rowUsers.length; row++) {
    const user = rowUsers[row]!;
    const n = listOf[user];
    if (n === undefined) continue;
    const place = lists.lengths[n]!;
    if (listed[rowItems[row]!] === user + 1) duplicates++;
    else if (place < k) {
      const item = itemOf[rowItems[row]!]!;
      if (item === unknown) unknownItems++;
      else if (hasEntry(train.byUser, users[n]!, item)) seenItems++;
      lists.items[n * k + place] = item;
      lists.lengths[n] = place + 1;
    }
    listed[rowItems[row]!] = user + 1;
  }
  const withList = lists.lengths.filter(length => length > 0).length;
  return {
    lists,
    facts: {
      users: withList,
      usersWithoutList: users.length - withList,
      otherUsers: userIds.length - withList,
      shortLists: lists.lengths.filter(length => length > 0 && length < k).length,
      duplicates,
      unknownItems,
      seenItems,
    },
  };
}
