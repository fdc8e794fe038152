import type { KernelExports } from '../base/kernels/kernel-exports.js';

/** Addresses in the arena that all tasks of one k-means run share. */
export interface KMeansMemory {
  readonly rows: number;
  readonly stride: number;
  readonly centroids: number;
  readonly halfNorms: number;
  readonly assignment: number;
  /** Scratch, one float per row. */
  readonly best: number;
  readonly members: number;
  readonly starts: number;
}

/** A part of one step of k-means, for whichever thread comes to it. */
export type CellTask = {
  readonly memory: KMeansMemory;
  readonly step: number;
  readonly first: number;
  readonly last: number;
} & ({ readonly kind: 'assign'; readonly cells: number } | { readonly kind: 'move'; readonly sums: number });

export function runCellTask(kernels: KernelExports, task: CellTask): void {
  const { memory, step, first, last } = task;
  const { rows, stride, centroids, halfNorms } = memory;
  if (task.kind === 'assign') {
    kernels.assignRows(
      rows,
      stride,
      step,
      first,
      last,
      centroids,
      halfNorms,
      task.cells,
      memory.assignment,
      memory.best,
    );
  } else {
    kernels.moveCentroids(
      rows,
      stride,
      step,
      memory.members,
      memory.starts,
      first,
      last,
      centroids,
      halfNorms,
      task.sums,
    );
  }
}
