import { createMatrix, type Matrix } from '../../base/numeric/matrix.js';
import type { Dataset } from '../dataset/dataset.js';
import type { IdMap, ItemIndex, UserIndex } from '../dataset/id-map.js';
import type { TrainedFactors } from './trained-factors.js';

/** Factors of an earlier training, and the users and items that they are of. */
export interface KnownFactors extends TrainedFactors {
  /** Where they are from, such as the id of a snapshot. */
  readonly origin: string;
  readonly users: IdMap<UserIndex>;
  readonly items: IdMap<ItemIndex>;
}

/**
 * Earlier factors in the index space of `dataset`, matched by external id. Users and items that are new have rows of
 * zeros; those that are gone are left out.
 */
export function matchFactors(
  earlier: KnownFactors,
  { users, items }: Pick<Dataset, 'users' | 'items'>,
): TrainedFactors {
  return {
    userFactors: matchRows(earlier.users, earlier.userFactors, users),
    itemFactors: matchRows(earlier.items, earlier.itemFactors, items),
  };
}

function matchRows<Index extends UserIndex | ItemIndex>(from: IdMap<Index>, rows: Matrix, to: IdMap<Index>): Matrix {
  const { columns, stride } = rows;
  const matched = createMatrix(to.size, columns);
  to.ids.forEach((id, row) => {
    const earlier = from.indexOf(id);
    if (earlier !== undefined) {
      matched.data.set(rows.data.subarray(earlier * stride, (earlier + 1) * stride), row * stride);
    }
  });
  return matched;
}
