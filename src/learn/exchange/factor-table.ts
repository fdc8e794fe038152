import { createMatrix, type Matrix } from '../../base/numeric/matrix.js';
import { ShortlistError } from '../../errors.js';

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

/** What is written for others to read: row i of a matrix belongs to id i. */
export interface ExportedModel {
  readonly userIds: readonly string[];
  readonly itemIds: readonly string[];
  readonly userFactors: Matrix;
  readonly itemFactors: Matrix;
}

/**
 * A zero matrix for the factors of a file.
 * @throws ShortlistError `file-empty`, `out-of-memory`
 */
export function newFactors(name: string, rows: number, columns: number): Matrix {
  if (rows === 0 || columns === 0) {
    throw new ShortlistError('file-empty', `${name} has no factors: ${rows} rows of ${columns} numbers.`, {
      file: name,
      rows,
      columns,
    });
  }
  try {
    return createMatrix(rows, columns);
  } catch (cause) {
    throw new ShortlistError(
      'out-of-memory',
      `${name} has ${rows} rows of ${columns} factors, which do not fit into memory.`,
      { file: name, rows, columns },
      { cause },
    );
  }
}
