/** Signatures of the training kernels in `assembly/`; factor strides are multiples of eight here. */
export interface TrainingKernels {
  /** Adds x'x to the upper triangle of `gram`, stride × stride doubles. */
  addGram(x: number, rows: number, stride: number, gram: number): void;
  /** `assembly/eigen.ts`: reduces a symmetric matrix of doubles to a tridiagonal one and reflections. */
  tridiagonalize(
    matrix: number,
    n: number,
    rowLength: number,
    diagonal: number,
    offDiagonal: number,
    taus: number,
    product: number,
  ): void;
  /** Rows first … end-1 of the product of the reflections. */
  reflectRows(
    matrix: number,
    n: number,
    rowLength: number,
    taus: number,
    vectors: number,
    first: number,
    end: number,
  ): void;
  /** Makes the diagonal the eigenvalues and notes the rotations that do it; returns how many pairs of doubles. */
  findRotations(diagonal: number, offDiagonal: number, n: number, rotations: number, room: number): number;
  /** Applies the rotations to 16 columns from `first` on: the rows become the eigenvectors. */
  applyRotations(rotations: number, pairs: number, vectors: number, n: number, first: number, packed: number): void;
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
