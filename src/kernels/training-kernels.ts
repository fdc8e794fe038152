/** Signatures of the training kernels in `assembly/`; factor strides are multiples of eight here. */
export interface TrainingKernels {
  /** Adds x'x to the upper triangle of `gram`, stride × stride doubles. */
  addGram(x: number, rows: number, stride: number, gram: number): void;
  /** Eigenvectors (rows of `vectors`) and eigenvalues of a symmetric matrix of doubles, which is overwritten. */
  symmetricEigen(matrix: number, n: number, rowLength: number, vectors: number, values: number, work: number): void;
  /** Multiplies rows by the square matrix in `panels`, in place. */
  rotateRowsBy(x: number, rows: number, stride: number, panels: number, scratch: number): void;
  /** Adds the squares of the elements of rows, weighted by their number of interactions, to `out`. */
  addWeightedSquares(begin: number, end: number, x: number, stride: number, starts: number, out: number): void;
  /** Solves row systems of implicit ALS in the eigenbasis. */
  solveRows(
    begin: number,
    end: number,
    target: number,
    source: number,
    stride: number,
    starts: number,
    indices: number,
    weights: number,
    ridges: number,
    spectrum: number,
    squares: number,
    panels: number,
    longestDual: number,
    steps: number,
    tolerance: number,
    scratch: number,
    sums: number,
  ): void;
  /** One pass of stochastic gradient descent; returns the sum of squared errors. */
  sgdPass(
    users: number,
    items: number,
    stride: number,
    columns: number,
    triples: number,
    count: number,
    mean: number,
    learningRate: number,
    regularization: number,
  ): number;
  /** The sum of squared errors over triples. */
  sgdError(
    users: number,
    items: number,
    stride: number,
    columns: number,
    triples: number,
    count: number,
    mean: number,
  ): number;
}
