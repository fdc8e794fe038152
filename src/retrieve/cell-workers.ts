import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Arena } from '../base/kernels/arena.js';
import { messageOf, ShortlistError } from '../errors.js';
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
  const path = createRequire(import.meta.url).resolve('#dist/src/retrieve/cell-worker.js');
  const workers = Array.from({ length: threads }, () => new Worker(path, { workerData: { memory: arena.memory } }));
  return {
    threads,
    async run(tasks) {
      let next = 0;
      const runAll = async (worker: Worker): Promise<void> => {
        for (let task = tasks[next++]; task; task = tasks[next++]) await runIn(worker, task);
      };
      await Promise.all(workers.map(runAll));
    },
    async close() {
      await Promise.all(workers.map(worker => worker.terminate()));
    },
  };
}

function runIn(worker: Worker, task: CellTask): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: ShortlistError): void => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
      if (error) reject(error);
      else resolve();
    };
    const onMessage = (): void => settle();
    const onError = (error: unknown): void => settle(workerFailed(messageOf(error)));
    const onExit = (code: number): void => settle(workerFailed(`it ended with code ${code}`));
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.postMessage(task);
  });
}

function workerFailed(reason: string): ShortlistError {
  return new ShortlistError('worker-failed', `A worker thread that clustered the items failed: ${reason}.`, { reason });
}
