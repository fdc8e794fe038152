import type { KernelExports } from '../../base/kernels/kernel-exports.js';
import { SLICE_COLUMNS } from '../../base/kernels/layout.js';
import type { ThreadBarrier } from '../../base/threads/barrier.js';

/** Where an eigendecomposition is done. All arrays lie in the memory of the kernels. */
export interface EigenSpace {
  /** Rows and columns of the matrix. */
  readonly n: number;
  /** The matrix, upper triangle, doubles; overwritten. */
  readonly matrix: Float64Array;
  readonly rowLength: number;
  /** n × n: row i becomes the unit eigenvector of `values[i]`. */
  readonly vectors: Float64Array;
  /** n, in no particular order. */
  readonly values: Float64Array;
  /** `eigenWorkDoubles(n)`. */
  readonly work: Float64Array;
  /** Room for the rotations: pairs of doubles, some n² of them. */
  readonly rotations: Float64Array;
  /** Scratch: n doubles for each column, columns rounded up to whole slices. */
  readonly packed: Float64Array;
}

export function eigenWorkDoubles(n: number): number {
  return 3 * n + 1;
}

/**
 * Eigenvectors of a symmetric matrix by all threads of a barrier together, to the same bits whatever their number.
 * @param prepare run by one thread before: completes the matrix
 * @param finish run by one thread after
 */
export function findEigenbasis(
  kernels: KernelExports,
  barrier: ThreadBarrier,
  { n, matrix, rowLength, vectors, values, work, rotations, packed }: EigenSpace,
  prepare: () => void,
  finish: () => void,
): void {
  const offDiagonal = work.byteOffset;
  const taus = offDiagonal + 8 * n;
  const product = taus + 8 * n;
  const slices = Math.ceil(n / SLICE_COLUMNS);
  barrier.meet(() => {
    prepare();
    kernels.tridiagonalize(matrix.byteOffset, n, rowLength, values.byteOffset, offDiagonal, taus, product);
  });
  for (let task = barrier.nextTask(slices + 1); task >= 0; task = barrier.nextTask(slices + 1)) {
    if (task === 0) {
      const room = rotations.length >>> 1;
      work[3 * n] = kernels.findRotations(values.byteOffset, offDiagonal, n, rotations.byteOffset, room);
    } else {
      // The last rows cost most: first.
      const first = (slices - task) * SLICE_COLUMNS;
      const end = Math.min(n, first + SLICE_COLUMNS);
      kernels.reflectRows(matrix.byteOffset, n, rowLength, taus, vectors.byteOffset, first, end);
    }
  }
  barrier.meet();
  for (let slice = barrier.nextTask(slices); slice >= 0; slice = barrier.nextTask(slices)) {
    const first = slice * SLICE_COLUMNS;
    const scratch = packed.byteOffset + 8 * n * first;
    kernels.applyRotations(rotations.byteOffset, work[3 * n]!, vectors.byteOffset, n, first, scratch);
  }
  barrier.meet(finish);
}
