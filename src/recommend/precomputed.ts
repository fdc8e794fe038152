import type { UserIndex } from '../learn/dataset/id-map.js';

/** The memory of `PrecomputedLists`: plain arrays that another thread can be given as they are. */
export interface PrecomputedData {
  /** Users that have a list. */
  readonly users: number;
  /** The list of user u is the places starts[u] … starts[u] + lengths[u] - 1. */
  readonly starts: Uint32Array;
  readonly lengths: Uint32Array;
  readonly items: Uint32Array;
  readonly scores: Float32Array;
}

/** A part of one user's list. */
export interface PrecomputedList {
  readonly items: Uint32Array;
  readonly scores: Float32Array;
}

/** Lists of recommendations that a batch has made with the snapshot that is served, by user. */
export class PrecomputedLists {
  constructor(readonly data: PrecomputedData) {}

  /** The first `limit` items for a user, or undefined when the batch has fewer. */
  of(user: UserIndex, limit: number): PrecomputedList | undefined {
    const { starts, lengths, items, scores } = this.data;
    if (limit > lengths[user]!) return undefined;
    const start = starts[user]!;
    return { items: items.subarray(start, start + limit), scores: scores.subarray(start, start + limit) };
  }
}
