import type { RetrievalKernels } from './retrieval-kernels.js';
import type { SolverKernels } from './solver-kernels.js';
import type { TrainingKernels } from './training-kernels.js';

/**
 * The functions that the WebAssembly module exports. Every parameter named like an array is the byte offset of its
 * first element in the arena's memory (`array.byteOffset`). The sources in `assembly/` document each one.
 */
export interface KernelExports extends RetrievalKernels, SolverKernels, TrainingKernels {}
