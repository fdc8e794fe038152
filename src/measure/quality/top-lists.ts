/** For each of some users, the items a recommender would show, best first. */
export interface TopLists {
  /** The users, as rows of the dataset. */
  readonly users: Uint32Array;
  /** Room per user. */
  readonly k: number;
  /** `users.length * k` item indices; list n starts at n · k. One beyond the dataset's items is an item that it does not know. */
  readonly items: Uint32Array;
  /** Items in each list; less than k only where fewer were eligible. */
  readonly lengths: Uint32Array;
}

export function createTopLists(users: Uint32Array, k: number): TopLists {
  return { users, k, items: new Uint32Array(users.length * k), lengths: new Uint32Array(users.length) };
}

/** The items of list n, as a view. */
export function listOf(lists: TopLists, n: number): Uint32Array {
  return lists.items.subarray(n * lists.k, n * lists.k + lists.lengths[n]!);
}
