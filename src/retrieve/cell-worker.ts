import { parentPort, workerData } from 'node:worker_threads';
import { Arena } from '../base/kernels/arena.js';
import type { WorkerData } from '../base/threads/pool.js';
import { type CellTask, runCellTask } from './cell-task.js';

const { kernels } = Arena.attach((workerData as WorkerData<WebAssembly.Memory>).job);

parentPort?.on('message', (task: CellTask) => {
  runCellTask(kernels, task);
  parentPort?.postMessage('done');
});
