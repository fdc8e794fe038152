/** Signatures of the kernels in `assembly/retrieval.ts`. */
export interface RetrievalKernels {
  /** Dot product of two rows of `stride` floats; `stride` is a multiple of four. */
  dot(a: number, b: number, stride: number): number;
}
