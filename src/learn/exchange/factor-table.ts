import type { Matrix } from '../../base/numeric/matrix.js';

/** Whose factors a file holds. */
export type Side = 'user' | 'item';

/** The factors of all users, or of all items, as a file holds them. */
export interface FactorTable {
  /** Where they are from, for messages: a path, and inside an archive the array. */
  readonly name: string;
  /** One row per user or item. */
  readonly factors: Matrix;
  /** What the file calls each row, or null where it has no ids: the row's number, from 0, is its id then. */
  readonly ids: readonly string[] | null;
}
