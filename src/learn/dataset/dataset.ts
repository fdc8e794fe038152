import { placesIn } from '../../base/numeric/sorting.js';
import { type Csr, csrFromCoordinates, filterEntries, rowNumbers, transpose } from '../../base/numeric/sparse.js';
import type { RatingsTable, ValueKind } from '../ratings/ratings-table.js';
import { valueKindOf } from '../ratings/value-kind.js';
import { IdMap, type ItemIndex, type UserIndex } from './id-map.js';

/** Who interacted with what: the id maps and the interactions in both directions. Immutable. */
export interface Dataset {
  readonly users: IdMap<UserIndex>;
  readonly items: IdMap<ItemIndex>;
  /** Users × items; values are ratings, quantities or labels; in data without any, how often. */
  readonly byUser: Csr;
  /** Items × users: the same entries. */
  readonly byItem: Csr;
  /** Seconds since 1970 for each entry of `byUser`, or null for data without timestamps. */
  readonly timestamps: Float64Array | null;
  /** For each entry of `byUser` its position in the source: of two entries the later one has the higher. */
  readonly positions: Uint32Array;
  /** True when the values were given, false when the source had none. */
  readonly rated: boolean;
  readonly valueKind: ValueKind;
}

/**
 * A dataset over the ids of `table` and, where evaluation needs one index space for several files, of `alsoIds` too:
 * those have no interactions here.
 */
export function createDataset(table: RatingsTable, ...alsoIds: Pick<RatingsTable, 'userIds' | 'itemIds'>[]): Dataset {
  const users = new IdMap<UserIndex>(union(table.userIds, ...alsoIds.map(ids => ids.userIds)));
  const items = new IdMap<ItemIndex>(union(table.itemIds, ...alsoIds.map(ids => ids.itemIds)));
  return datasetFromCoordinates(users, items, table);
}

/**
 * A dataset from coordinates that are already indices of the given id maps.
 * @param rows in the order of the source, unless they come with their positions in it
 */
export function datasetFromCoordinates(
  users: IdMap<UserIndex>,
  items: IdMap<ItemIndex>,
  rows: Pick<RatingsTable, 'users' | 'items' | 'values' | 'timestamps' | 'rated' | 'valueKind'> &
    Partial<Pick<Dataset, 'positions'>>,
): Dataset {
  const { csr, origin } = csrFromCoordinates(users.size, items.size, rows.users, rows.items, rows.values);
  const { timestamps, positions, rated } = rows;
  return {
    users,
    items,
    byUser: csr,
    byItem: transpose(csr),
    timestamps: timestamps && Float64Array.from(origin, i => timestamps[i]!),
    positions: positions ? origin.map(i => positions[i]!) : origin,
    rated,
    valueKind: valueKindOf(rows),
  };
}

/** The rows of a table as a users × items matrix in the index space of `dataset`, which must know all its ids. */
export function interactionsOf(table: RatingsTable, dataset: Pick<Dataset, 'users' | 'items'>): Csr {
  const userIndices = Uint32Array.from(table.userIds, id => dataset.users.indexOf(id)!);
  const itemIndices = Uint32Array.from(table.itemIds, id => dataset.items.indexOf(id)!);
  return csrFromCoordinates(
    dataset.users.size,
    dataset.items.size,
    table.users.map(u => userIndices[u]!),
    table.items.map(i => itemIndices[i]!),
    table.values,
  ).csr;
}

/** The same dataset with more items, without interactions, after those it has. */
export function withItems(dataset: Dataset, ids: readonly string[]): Dataset {
  const items = new IdMap<ItemIndex>([...dataset.items.ids, ...ids]);
  const { byUser, byItem } = dataset;
  const starts = new Uint32Array(items.size + 1).fill(byItem.indices.length);
  starts.set(byItem.starts);
  return {
    ...dataset,
    items,
    byUser: { ...byUser, columns: items.size },
    byItem: { ...byItem, rows: items.size, starts },
  };
}

/**
 * The same dataset with only those interactions for which `keep` returns true.
 * @param entry position in `byUser`
 */
export function filterDataset(dataset: Dataset, keep: (entry: number) => boolean): Dataset {
  const { timestamps, positions } = dataset;
  const byUser = filterEntries(dataset.byUser, (_user, _item, _value, entry) => keep(entry));
  return {
    ...dataset,
    byUser,
    byItem: transpose(byUser),
    timestamps: timestamps?.filter((_, entry) => keep(entry)) ?? null,
    positions: positions.filter((_, entry) => keep(entry)),
  };
}

/** The same dataset with the items renumbered: new index i is old index `order[i]`. */
export function reorderItems(dataset: Dataset, order: Uint32Array): Dataset {
  const newIndex = placesIn(order);
  const { byUser, timestamps, positions, rated, valueKind } = dataset;
  const items = new IdMap<ItemIndex>(Array.from(order, old => dataset.items.ids[old]!));
  return datasetFromCoordinates(dataset.users, items, {
    users: rowNumbers(byUser),
    items: byUser.indices.map(i => newIndex[i]!),
    values: byUser.values,
    timestamps,
    positions,
    rated,
    valueKind,
  });
}

function union(first: readonly string[], ...others: (readonly string[])[]): readonly string[] {
  return others.length === 0 ? first : [...new Set([...first, ...others.flat()])];
}
