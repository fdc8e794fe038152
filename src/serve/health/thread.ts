import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerData } from '../../base/threads/pool.js';
import { holdersOf } from '../http/keys.js';
import { HealthBoard } from './board.js';
import type { HealthMessage, HealthTask, ServiceMessage } from './own-thread.js';
import { serveHealth } from './server.js';

const { job } = workerData as WorkerData<HealthTask>;
const board = new HealthBoard();
const waiting: ((text: string) => void)[] = [];
const post = (message: HealthMessage) => parentPort?.postMessage(message);

parentPort?.on('message', (message: ServiceMessage) => {
  if (message.kind === 'report') board.report(0, message.ready);
  else if (message.kind === 'stop') board.stop();
  else for (const resolve of waiting.splice(0)) resolve(message.text);
});

const url = await serveHealth({
  ...job,
  board,
  mayReadMetrics: holdersOf(job.keyHashes),
  gatherMetrics: () =>
    new Promise(resolve => {
      waiting.push(resolve);
      post({ kind: 'metrics' });
    }),
});
post({ kind: 'listening', url });
