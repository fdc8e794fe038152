import type { Matrix } from '../../base/numeric/matrix.js';

/** What every trainer returns. The score of a user and an item is the dot product of their rows, nothing else. */
export interface TrainedFactors {
  readonly userFactors: Matrix;
  readonly itemFactors: Matrix;
}

/** One step of training, for those who show progress. */
export interface TrainingProgress {
  readonly iteration: number;
  readonly iterations: number;
  /** The training loss after this iteration: the objective of implicit ALS, the training RMSE of SGD. */
  readonly loss: number;
  /** RMSE on the ratings held out for early stopping, where there are any. */
  readonly validationRmse?: number;
  /** Seconds since training started. */
  readonly seconds: number;
}
