import { groupByKey } from '../../base/numeric/sorting.js';
import type { RatingsTable, RepeatRule } from './ratings-table.js';

/**
 * One row for each (user, item): where `latestRows` would keep it, with the value that the rule makes of all their rows.
 * The others are the `duplicates`.
 */
export function withoutRepeats(table: Omit<RatingsTable, 'duplicates'>, rule: RepeatRule): RatingsTable {
  const { users, items, timestamps } = table;
  const merged = rule === 'last' ? undefined : mergedValues(table.values, rule);
  const kept = latestRows(users, items, timestamps, table.userIds.length, table.itemIds.length, merged?.merge);
  const values = merged?.values ?? table.values;
  const duplicates = users.length - kept.length;
  if (duplicates === 0) return { ...table, values: Float32Array.from(values), repeats: rule, duplicates };
  return {
    ...table,
    repeats: rule,
    duplicates,
    users: kept.map(row => users[row]!),
    items: kept.map(row => items[row]!),
    values: Float32Array.from(kept, row => values[row]!),
    timestamps: timestamps && Float64Array.from(kept, row => timestamps[row]!),
  };
}

/** Values that take in, row by row, what the rule makes of them; in double precision, as sums of many want. */
function mergedValues(values: Float32Array, rule: Exclude<RepeatRule, 'last'>) {
  const merged = rule === 'count' ? new Float64Array(values.length).fill(1) : Float64Array.from(values);
  const merge = (into: number, from: number) => {
    merged[into] = rule === 'max' ? Math.max(merged[into]!, merged[from]!) : merged[into]! + merged[from]!;
  };
  return { values: merged, merge };
}

/**
 * Marks the rows that stay when each (user, item) is kept once: the one with the latest timestamp; of equal timestamps,
 * or without any, the last row. Linear in rows, two passes over rows grouped by user.
 * @param users user of each row, below `userCount`
 * @param items item of each row, below `itemCount`
 * @param merge called for each row that does not stay, after the one that stays in its place so far
 * @returns positions of the rows that stay, ascending
 */
export function latestRows(
  users: Uint32Array,
  items: Uint32Array,
  timestamps: Float64Array | null,
  userCount: number,
  itemCount: number,
  merge: (into: number, from: number) => void = () => {},
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
          merge(rivalRow, row);
          continue;
        }
        dropped[rivalRow] = 1;
        merge(row, rivalRow);
      }
      keptPlace[item] = place + 1;
    }
  }
  const rows = new Uint32Array(kept);
  for (let row = 0, to = 0; row < users.length; row++) if (dropped[row] === 0) rows[to++] = row;
  return rows;
}
