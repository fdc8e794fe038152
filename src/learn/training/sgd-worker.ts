import { parentPort, workerData } from 'node:worker_threads';
import { Arena } from '../../base/kernels/arena.js';
import { TRIPLE_WORDS } from '../../base/kernels/layout.js';
import type { WorkerData } from '../../base/threads/pool.js';
import type { SgdPlan } from './sgd-plan.js';

/** What the worker reports after a pass. */
export interface SgdReport {
  readonly iteration: number;
  readonly rmse: number;
  readonly validationRmse: number | null;
}

function trainPasses(plan: SgdPlan, report: (progress: SgdReport) => void): void {
  const { kernels } = Arena.attach(plan.memory);
  const { options, stride, mean, users, items, best, triples, heldOut, ratings } = plan;
  const training = triples.byteOffset + heldOut * TRIPLE_WORDS * 4;
  let leastError = Number.POSITIVE_INFINITY;
  let bestIteration = 0;
  for (let iteration = 1; iteration <= options.iterations; iteration++) {
    const rate = options.learningRate * options.learningRateDecay ** (iteration - 1);
    const squares = kernels.sgdPass(
      users.byteOffset,
      items.byteOffset,
      stride,
      options.factors,
      training,
      ratings - heldOut,
      mean,
      rate,
      options.regularization,
    );
    const rmse = Math.sqrt(squares / Math.max(1, ratings - heldOut));
    if (!best || !Number.isFinite(rmse)) {
      report({ iteration, rmse, validationRmse: null });
      if (!Number.isFinite(rmse)) return;
      continue;
    }
    const error = kernels.sgdError(
      users.byteOffset,
      items.byteOffset,
      stride,
      options.factors,
      triples.byteOffset,
      heldOut,
      mean,
    );
    report({ iteration, rmse, validationRmse: Math.sqrt(error / heldOut) });
    if (error < leastError) {
      leastError = error;
      bestIteration = iteration;
      best.users.set(users);
      best.items.set(items);
    } else if (iteration - bestIteration >= options.patience) return;
  }
}

trainPasses((workerData as WorkerData<SgdPlan>).job, report => parentPort?.postMessage(report));
