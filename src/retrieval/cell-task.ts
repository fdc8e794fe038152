import type { KernelExports } from '../kernels/kernel-exports.js';

/** Addresses in the arena that all tasks of one k-means run share. */
export interface KMeansMemory {
  readonly rows: number;
  readonly stride: number;
  readonly centroids: number;
  readonly halfNorms: number;
  readonly assignment: number;
  readonly members: number;
  readonly starts: number;
}

/** A part of one step of k-means, for whichever thread comes to it. */
export type CellTask = { readonly memory: KMeansMemory; readonly first: number; readonly last: number } & (
  | { readonly kind: 'assign'; readonly cells: number }
  | { readonly kind: 'move'; readonly sums: number }
);

export function runCellTask(kernels: KernelExports, task: CellTask): void {
  const { memory, first, last } = task;
  const { rows, stride, centroids, halfNorms } = memory;
  if (task.kind === 'assign') {
    kernels.assignRows(rows, stride, first, last, centroids, halfNorms, task.cells, memory.assignment);
  } else {
    kernels.moveCentroids(rows, stride, memory.members, memory.starts, first, last, centroids, halfNorms, task.sums);
  }
}
