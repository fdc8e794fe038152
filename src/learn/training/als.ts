import { runWorkers } from '../../base/threads/pool.js';
import { ShortlistError } from '../../errors.js';
import type { AlsReport } from './als-iterations.js';
import { type AlsOptions, alsCountsOf, completeAlsOptions } from './als-options.js';
import { type AlsInteractions, type AlsPlan, collectFactors, planAls } from './als-plan.js';
import { vanished } from './learnable.js';
import type { TrainedFactors, TrainingProgress } from './trained-factors.js';

/** Penalties beyond this leave nothing that numbers in single precision can hold. */
const BEYOND_FLOATS = 1e6;

/** A thread costs some ten milliseconds to start; with less than this to do (multiplications) it does not pay. */
const WORK_PER_THREAD = 2e7;

/**
 * Implicit alternating least squares (Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets",
 * 2008) with the loss that `AlsOptions` states. Runs in worker threads; the calling thread stays free. The same
 * interactions, options and start give the same factors to the last bit, whatever the number of threads.
 *
 * @param options what is left out has its default, see `ALS_OPTIONS`
 * @param warmStart factors to begin with, in the index space of `interactions`; a row of zeros is new and starts
 *   as it does without a warm start
 * @throws ShortlistError `invalid-option`, `non-finite-factors`, `out-of-memory`, `worker-failed`
 */
export async function trainAls(
  interactions: AlsInteractions,
  options: Partial<AlsOptions> = {},
  onProgress?: (progress: TrainingProgress) => void,
  warmStart?: TrainedFactors,
): Promise<TrainedFactors> {
  const start = performance.now();
  const all = completeAlsOptions(options, alsCountsOf(interactions, options));
  const work = interactions.byUser.indices.length * all.factors * all.iterations;
  const threads = Math.min(all.threads, Math.ceil(work / WORK_PER_THREAD) || 1);
  const { plan, orders } = planAls(interactions, all, threads, warmStart);

  await runWorkers<AlsPlan, AlsReport>(new URL('./als-worker.js', import.meta.url), {
    purpose: 'trains factors',
    threads,
    job: plan,
    onMessage({ iteration, loss }) {
      if (!Number.isFinite(loss)) throw nonFinite(iteration, all);
      const seconds = (performance.now() - start) / 1000;
      onProgress?.({ iteration, iterations: all.iterations, loss, seconds });
    },
  });
  return {
    userFactors: collectFactors(plan.users, orders.users, all.factors, plan.stride),
    itemFactors: collectFactors(plan.items, orders.items, all.factors, plan.stride),
  };
}

function nonFinite(iteration: number, options: AlsOptions): ShortlistError {
  const { regularization, unobservedWeight, alpha, stddev } = options;
  if (alpha === 0 && Math.max(regularization, unobservedWeight) > BEYOND_FLOATS) return vanished(options);
  return new ShortlistError(
    'non-finite-factors',
    `The factors stopped being finite numbers in iteration ${iteration}. Raise \`regularization\` (${regularization}), or ` +
      `lower \`alpha\` (${alpha}) or \`stddev\` (${stddev}); ratings that are used as confidence must be of ordinary size.`,
    { iteration, regularization, alpha, stddev },
  );
}
