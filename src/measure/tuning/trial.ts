import { rowIndices, rowsWithEntries } from '../../base/numeric/sparse.js';
import { trainAls } from '../../learn/training/als.js';
import type { AlsOptions } from '../../learn/training/als-options.js';
import type { TrainedFactors } from '../../learn/training/trained-factors.js';
import { listedNegativesMetrics } from '../quality/listed-negatives.js';
import { rankUsers } from '../quality/rank-users.js';
import { rankingMetrics } from '../quality/ranking-metrics.js';
import { createRankingScorer } from '../quality/scorer.js';
import { meanMetrics, type UserMetrics } from '../quality/user-metrics.js';
import { sampleTests, sampleUsers, type ValidationFold } from './folds.js';
import type { TuneTrial } from './search.js';

/** What all trials of a search have in common. */
export interface TuneTask {
  /** How carefully each rung measures, from the first on. */
  readonly rungs: readonly Rung[];
  /** Such as `ndcg@10`: what to raise. */
  readonly metric: string;
  readonly k: number;
  /** Options of training beside those that are searched. */
  readonly options: Partial<AlsOptions>;
  /** Worker threads that rank. Default: one per processor. */
  readonly threads?: number | undefined;
}

export interface Rung {
  readonly folds: readonly ValidationFold[];
  readonly iterations: number;
}

/** Enough users to compare settings by: the mean over this many moves by a hundredth of itself at most. */
const ENOUGH_USERS = 10_000;

/** The rungs of a search: a sample of users and few iterations; all users; all folds and all iterations. */
export function tuneRungs(folds: readonly ValidationFold[], iterations: number, seed: number): Rung[] {
  const measured = folds.map(fold => sampleTests(fold, ENOUGH_USERS, seed));
  return [
    { folds: [sampleUsers(folds[0]!, ENOUGH_USERS, seed)], iterations: Math.ceil(iterations / 3) },
    { folds: measured.slice(0, 1), iterations: Math.ceil((2 * iterations) / 3) },
    { folds: measured, iterations },
  ];
}

/** About how much work a trial is, to guess its time from that of another: multiplications of training. */
export function trialWork({ rungs }: TuneTask, { rung, parameters }: TuneTrial): number {
  const { folds, iterations } = rungs[rung]!;
  const interactions = folds.reduce((sum, { train }) => sum + train.byUser.indices.length, 0);
  const rows = folds.reduce((sum, { train }) => sum + train.byUser.rows + train.byItem.rows, 0);
  // A row costs some interactions, and more where vectors are long.
  return iterations * parameters.factors * (interactions + rows * (8 + parameters.factors / 8));
}

/**
 * Trains with the parameters of a trial and measures them: the mean of the metric over all folds.
 * @param onProgress called with the part of the training that is done, 0 to 1, and its seconds; may throw to give up
 */
export async function measureTrial(
  task: TuneTask,
  { rung, parameters }: TuneTrial,
  onProgress: (part: number, seconds: number) => void = () => {},
): Promise<number> {
  const start = performance.now();
  const { folds, iterations } = task.rungs[rung]!;
  const options = { ...task.options, ...parameters, iterations };
  let sum = 0;
  for (const [n, fold] of folds.entries()) {
    const factors = await trainAls(fold.train, options, step => {
      const part = (n + step.iteration / step.iterations) / folds.length;
      onProgress(part, (performance.now() - start) / 1000);
    });
    sum += meanMetrics(await measure(factors, fold, task))[task.metric]!;
  }
  return sum / folds.length;
}

async function measure(
  factors: TrainedFactors,
  { train, test, negatives }: ValidationFold,
  { k, threads }: TuneTask,
): Promise<UserMetrics> {
  const users = rowsWithEntries(test);
  if (!negatives) {
    const lists = await rankUsers(factors, users, train.byUser, { k, threads });
    return rankingMetrics(lists, test, [k]);
  }
  const listed = users.filter(user => rowIndices(negatives, user).length > 0);
  return listedNegativesMetrics(createRankingScorer(factors, train), listed, test, negatives, [k]);
}
