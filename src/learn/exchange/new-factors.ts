import { createMatrix, type Matrix } from '../../base/numeric/matrix.js';
import { ShortlistError } from '../../errors.js';

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
