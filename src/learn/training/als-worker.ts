import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerData } from '../../base/threads/pool.js';
import { iterateAls } from './als-iterations.js';
import type { AlsPlan } from './als-plan.js';

const { job, thread } = workerData as WorkerData<AlsPlan>;
iterateAls(job, thread, report => parentPort?.postMessage(report));
