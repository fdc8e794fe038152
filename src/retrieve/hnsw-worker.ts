import { parentPort, workerData } from 'node:worker_threads';
import type { WorkerData } from '../base/threads/pool.js';
import type { HnswTask } from './hnsw.js';
import { dimensionsOf, loadHnswlib, pointsOf } from './hnswlib.js';

const { items, file, parameters } = (workerData as WorkerData<HnswTask>).job;
/** Points between two progress messages: a few per second. */
const REPORT_EVERY = 1000;

const HierarchicalNSW = await loadHnswlib();
const graph = new HierarchicalNSW(parameters.space, dimensionsOf(parameters.space, items.columns));
graph.initIndex({
  // The library refuses an index for nothing.
  maxElements: Math.max(1, items.rows),
  m: parameters.m,
  efConstruction: parameters.efConstruction,
  randomSeed: parameters.seed,
});
let added = 0;
for (const point of pointsOf(items, parameters.space)) {
  graph.addPoint(point, added++);
  if (added % REPORT_EVERY === 0) parentPort?.postMessage(added);
}
graph.writeIndexSync(file);
