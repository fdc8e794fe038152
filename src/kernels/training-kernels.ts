/** Signatures of the kernels in `assembly/training.ts`. */
// biome-ignore lint/suspicious/noEmptyInterface: filled by the training kernels
export interface TrainingKernels {}
