import { createMatrix, type Matrix } from '../../base/numeric/matrix.js';
import { runWorkers } from '../../base/threads/pool.js';
import { ShortlistError } from '../../errors.js';
import type { AlsInteractions } from './als-plan.js';
import { completeSgdOptions, type SgdOptions } from './sgd-options.js';
import { planSgd, type SgdPlan } from './sgd-plan.js';
import type { SgdReport } from './sgd-worker.js';
import type { TrainedFactors, TrainingProgress } from './trained-factors.js';

/**
 * Explicit matrix factorization with biases by stochastic gradient descent, see `SgdOptions`. Training stops early when
 * the error on the held-out part no longer falls, and the factors of its best pass are returned. The biases are folded
 * into the vectors: users are [p, mean + b_user, 1] and items [q, 1, b_item], so their dot product is the predicted
 * rating. Rows without ratings have p or q and the bias zero. Runs in a worker thread; deterministic for a seed.
 *
 * @param options what is left out has its default, see `SGD_OPTIONS`
 * @returns `factors + 2` columns
 * @throws ShortlistError `invalid-option`, `non-finite-factors`, `out-of-memory`, `worker-failed`
 */
export async function trainSgd(
  interactions: AlsInteractions,
  options: Partial<SgdOptions> = {},
  onProgress?: (progress: TrainingProgress) => void,
): Promise<TrainedFactors> {
  const start = performance.now();
  const all = completeSgdOptions(options);
  const plan = planSgd(interactions.byUser, interactions.byItem, all);
  await runWorkers<SgdPlan, SgdReport>(new URL('./sgd-worker.js', import.meta.url), {
    purpose: 'trains factors',
    threads: 1,
    job: plan,
    onMessage({ iteration, rmse, validationRmse }) {
      if (!Number.isFinite(rmse)) throw nonFinite(iteration, all);
      onProgress?.({
        iteration,
        iterations: all.iterations,
        loss: rmse,
        ...(validationRmse === null ? {} : { validationRmse }),
        seconds: (performance.now() - start) / 1000,
      });
    },
  });
  const { users, items } = plan.best ?? plan;
  return {
    userFactors: foldBiases(users, plan, bias => [plan.mean + bias, 1]),
    itemFactors: foldBiases(items, plan, bias => [1, bias]),
  };
}

/** Rows of factors, each followed by the two elements of the bias. */
function foldBiases(data: Float32Array, plan: SgdPlan, tail: (bias: number) => [number, number]): Matrix {
  const { factors } = plan.options;
  const matrix = createMatrix(data.length / plan.stride, factors + 2);
  for (let row = 0; row < matrix.rows; row++) {
    const from = row * plan.stride;
    const to = row * matrix.stride;
    matrix.data.set(data.subarray(from, from + factors), to);
    matrix.data.set(tail(data[from + factors]!), to + factors);
  }
  return matrix;
}

function nonFinite(iteration: number, { learningRate, regularization }: SgdOptions): ShortlistError {
  return new ShortlistError(
    'non-finite-factors',
    `The factors stopped being finite numbers in pass ${iteration}. Lower \`learningRate\` (${learningRate}), and check ` +
      'that the ratings are of ordinary size.',
    { iteration, learningRate, regularization },
  );
}
