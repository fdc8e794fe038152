/** Signatures of the kernels in `assembly/cholesky.ts`, for symmetric matrices of doubles whose upper triangle counts. */
export interface SolverKernels {
  /** Replaces the matrix by its Cholesky factor; 0 when it is not positive definite. `rowLength` is even. */
  factorize(a: number, n: number, rowLength: number): 0 | 1;
  /** Solves with a factor; `b`, of `rowLength` doubles, becomes the solution. */
  solveFactorized(u: number, n: number, rowLength: number, b: number): void;
}
