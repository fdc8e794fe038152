import type { Arena } from '../base/kernels/arena.js';
import { WorkerPool } from '../base/threads/pool.js';
import { type CellTask, runCellTask } from './cell-task.js';

/** Runs the tasks of a k-means step: in this thread, or handed out to worker threads as they become free. */
export interface CellWorkers {
  /** How many tasks run at once. */
  readonly threads: number;
  run(tasks: readonly CellTask[]): Promise<void>;
  close(): Promise<void>;
}

/** @param threads 1 runs everything in the calling thread, yielding to its event loop between tasks */
export function startCellWorkers(arena: Arena, threads: number): CellWorkers {
  if (threads <= 1) {
    return {
      threads: 1,
      async run(tasks) {
        for (const task of tasks) {
          runCellTask(arena.kernels, task);
          await new Promise(setImmediate);
        }
      },
      close: async () => {},
    };
  }
  return new WorkerPool(new URL('./cell-worker.js', import.meta.url), {
    purpose: 'clusters the items',
    threads,
    job: arena.memory,
  });
}
