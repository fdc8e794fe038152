/**
 * A row-major matrix of 32-bit floats whose rows are padded with zeros to a multiple of four, so that a SIMD kernel can
 * walk them without a remainder loop.
 */
export interface Matrix {
  readonly rows: number;
  /** Meaningful columns in a row. */
  readonly columns: number;
  /** Floats from one row to the next: `columns` rounded up to a multiple of four. The floats between are zero. */
  readonly stride: number;
  /** `rows * stride` floats. */
  readonly data: Float32Array;
}

/** Columns rounded up to whole SIMD vectors. */
export function strideOf(columns: number): number {
  return (columns + 3) & ~3;
}

/** A zero matrix; `data`, when given, is used instead of new memory (an arena's, or a file's) and must fit exactly. */
export function createMatrix(rows: number, columns: number, data?: Float32Array): Matrix {
  const stride = strideOf(columns);
  const storage = data ?? new Float32Array(rows * stride);
  if (storage.length !== rows * stride) {
    throw new RangeError(`A ${rows} x ${columns} matrix needs ${rows * stride} floats, got ${storage.length}.`);
  }
  return { rows, columns, stride, data: storage };
}

/** Norm of the longest rows: single precision holds the dot product of any two. */
const LONGEST = 1e19;

/** Checks a matrix that was read: rows of finite numbers, zeros between them. @throws RangeError */
export function checkMatrix({ rows, columns, stride, data }: Matrix): void {
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * stride;
    // Four sums, since each addition waits for the one before.
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let i = end - stride; i < end; i += 4) {
      a += data[i]! * data[i]!;
      b += data[i + 1]! * data[i + 1]!;
      c += data[i + 2]! * data[i + 2]!;
      d += data[i + 3]! * data[i + 3]!;
    }
    const norm = Math.sqrt(a + b + c + d);
    if (!(norm <= LONGEST)) throw new RangeError(`row ${row} has the norm ${norm}, expected at most ${LONGEST}`);
    for (let i = end - stride + columns; i < end; i++) {
      if (data[i] !== 0) throw new RangeError(`row ${row} has ${data[i]} beyond its ${columns} columns, expected 0`);
    }
  }
}

/** A view of one row without its padding. */
export function rowOf(matrix: Matrix, row: number): Float32Array {
  const start = row * matrix.stride;
  return matrix.data.subarray(start, start + matrix.columns);
}

/** A matrix from plain rows of equal length. */
export function matrixFromRows(rows: readonly ArrayLike<number>[], columns = rows[0]?.length ?? 0): Matrix {
  const matrix = createMatrix(rows.length, columns);
  rows.forEach((row, i) => {
    if (row.length !== columns) throw new RangeError(`Row ${i} has ${row.length} columns, expected ${columns}.`);
    matrix.data.set(row, i * matrix.stride);
  });
  return matrix;
}
