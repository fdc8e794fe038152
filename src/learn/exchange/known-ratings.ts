import { ShortlistError } from '../../errors.js';
import { type Dataset, datasetFromCoordinates } from '../dataset/dataset.js';
import type { RatingsTable } from '../ratings/ratings-table.js';
import type { ImportedFactors } from './import-factors.js';

/** What the ratings name that has no factors. */
export interface Outside {
  readonly ratings: number;
  readonly users: number;
  readonly items: number;
}

/**
 * The users and items of the factors with those ratings whose user and item both have factors; without a table, with
 * none.
 * @throws ShortlistError `ids-mismatched` when no rating is left
 */
export function knownRatings(
  { users, items }: Pick<ImportedFactors, 'users' | 'items'>,
  table?: RatingsTable,
): { dataset: Dataset; outside: Outside } {
  const userOf = table?.userIds.map(id => users.indexOf(id)) ?? [];
  const itemOf = table?.itemIds.map(id => items.indexOf(id)) ?? [];
  const kept: number[] = [];
  table?.users.forEach((user, row) => {
    if (userOf[user] !== undefined && itemOf[table.items[row] ?? -1] !== undefined) kept.push(row);
  });
  const total = table?.users.length ?? 0;
  const outside = {
    ratings: total - kept.length,
    users: userOf.filter(index => index === undefined).length,
    items: itemOf.filter(index => index === undefined).length,
  };
  if (table && kept.length === 0) {
    throw new ShortlistError(
      'ids-mismatched',
      `None of the ${total} ratings is of a user and an item with factors. The ids of the ratings are like ` +
        `"${table.userIds[0]}" and "${table.itemIds[0]}", those of the factors like "${users.ids[0]}" and ` +
        `"${items.ids[0]}". Map them with --user-ids and --item-ids.`,
      { ...outside },
    );
  }
  const timestamps = table?.timestamps;
  const dataset = datasetFromCoordinates(users, items, {
    users: Uint32Array.from(kept, row => userOf[table?.users[row] ?? -1] ?? 0),
    items: Uint32Array.from(kept, row => itemOf[table?.items[row] ?? -1] ?? 0),
    values: Float32Array.from(kept, row => table?.values[row] ?? 1),
    timestamps: timestamps ? Float64Array.from(kept, row => timestamps[row] ?? 0) : null,
    rated: table?.rated ?? false,
  });
  return { dataset, outside };
}
