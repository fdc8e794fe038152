import { ascendingOrder } from '../../base/numeric/sorting.js';
import { type Csr, rowIndices } from '../../base/numeric/sparse.js';
import { meanMetrics, type UserMetrics } from './user-metrics.js';

/** Slices of about equal numbers of users: enough to see a slope, few enough to read. */
const SLICES = 4;

/** The users with a history of a certain length, and their mean figures. */
export interface ActivitySlice {
  /** Training interactions per user, both ends included. */
  readonly interactions: readonly [least: number, most: number];
  readonly users: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/**
 * The figures by how much is known of the user: quarters of the users from the shortest to the longest histories. Users
 * with equally long histories stay together, so there may be fewer slices than four.
 */
export function activitySlices(metrics: UserMetrics, history: Csr): ActivitySlice[] {
  const lengths = metrics.users.map(user => rowIndices(history, user).length);
  const ascending = ascendingOrder(lengths);
  const slices: ActivitySlice[] = [];
  for (let start = 0; start < ascending.length; ) {
    // The next quarter's end after `start`: long ties may have swallowed whole quarters.
    const quarter = Math.floor((start * SLICES) / ascending.length) + 1;
    let end = Math.max(start + 1, Math.round((quarter * ascending.length) / SLICES));
    while (end < ascending.length && lengths[ascending[end]!] === lengths[ascending[end - 1]!]) end++;
    const among = ascending.subarray(start, end);
    slices.push({
      interactions: [lengths[among[0]!]!, lengths[among[among.length - 1]!]!],
      users: among.length,
      metrics: meanMetrics(metrics, among),
    });
    start = end;
  }
  return slices;
}
