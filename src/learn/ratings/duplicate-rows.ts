import { groupByKey } from '../../base/numeric/sorting.js';
import type { RatingsTable } from './ratings-table.js';

/** The rows that stay when each (user, item) is kept once, and how many do not; see `latestRows`. */
export function withoutDuplicates(table: Omit<RatingsTable, 'duplicates'>): RatingsTable {
  const { users, items, values, timestamps } = table;
  const kept = latestRows(users, items, timestamps, table.userIds.length, table.itemIds.length);
  const duplicates = users.length - kept.length;
  if (duplicates === 0) return { ...table, duplicates };
  return {
    ...table,
    duplicates,
    users: kept.map(row => users[row]!),
    items: kept.map(row => items[row]!),
    values: Float32Array.from(kept, row => values[row]!),
    timestamps: timestamps && Float64Array.from(kept, row => timestamps[row]!),
  };
}

/**
 * Marks the rows that stay when each (user, item) is kept once: the one with the latest timestamp; of equal timestamps,
 * or without any, the last row. Linear in rows, two passes over rows grouped by user.
 * @param users user of each row, below `userCount`
 * @param items item of each row, below `itemCount`
 * @returns positions of the rows that stay, ascending
 */
export function latestRows(
  users: Uint32Array,
  items: Uint32Array,
  timestamps: Float64Array | null,
  userCount: number,
  itemCount: number,
): Uint32Array {
  const { starts, positions: byUser } = groupByKey(users, userCount);
  const dropped = new Uint8Array(users.length);
  // For each item the place in `byUser`, plus one, of the row that is kept so far. A place before the user's own rows
  // belongs to an earlier user and means "none yet", so nothing has to be cleared between users.
  const keptPlace = new Uint32Array(itemCount);
  let kept = users.length;
  for (let user = 0; user < userCount; user++) {
    const start = starts[user]!;
    for (let place = start; place < starts[user + 1]!; place++) {
      const row = byUser[place]!;
      const item = items[row]!;
      const rival = keptPlace[item]!;
      if (rival > start) {
        kept--;
        const rivalRow = byUser[rival - 1]!;
        if (timestamps !== null && timestamps[rivalRow]! > timestamps[row]!) {
          dropped[row] = 1;
          continue;
        }
        dropped[rivalRow] = 1;
      }
      keptPlace[item] = place + 1;
    }
  }
  const rows = new Uint32Array(kept);
  for (let row = 0, to = 0; row < users.length; row++) if (dropped[row] === 0) rows[to++] = row;
  return rows;
}
