import type { RatingsReading } from '../../src/learn/ratings/ratings-reading.js';
import type { AlsOptions } from '../../src/learn/training/als-options.js';
import type { TrainingParameters } from '../../src/learn/training/train.js';
import type { ActivitySlice } from '../../src/measure/quality/activity-slices.js';
import type { Comparison, Quality } from '../../src/measure/quality/evaluation.js';
import type { ListFacts } from '../../src/measure/quality/lists-from-elsewhere.js';
import type { ListOrder } from '../../src/measure/quality/read-recommendations.js';
import type { FinishedTrial } from '../../src/measure/tuning/state.js';
import type { Circumstances } from '../command/report-page.js';

/** What `evaluate --json` prints. */
export interface EvaluationResult {
  readonly users: number;
  readonly items: number;
  /** Interactions that were trained on. */
  readonly trainRatings: number;
  /** Interactions that count as hits: those held back, without what training would not count as a positive one. */
  readonly testRatings: number;
  readonly testedUsers: number;
  /** Users with held-out interactions that training knows nothing of. */
  readonly skippedUsers: number;
  /** What a test item competes with: all items that the user has not in training, or the negatives listed for the user. */
  readonly protocol: 'all-items' | 'listed-negatives';
  readonly algorithm: TrainingParameters['algorithm'];
  readonly parameters: TrainingParameters;
  readonly trainingSeconds: number;
  /** Without the first iteration, which ends after the data are laid out and the threads started. */
  readonly secondsPerIteration: number;
  readonly evaluationSeconds: number;
  /** Figures of the model by name, such as `recall@10`; of sgd also the errors of predicted ratings. */
  readonly metrics: Quality['metrics'];
  /** The same of the ranking by popularity; ratings are predicted by the item's mean. */
  readonly popularity: Quality['metrics'];
  /** The same of items drawn at random. */
  readonly random: Quality['metrics'];
  /** 95% confidence intervals of the per-user figures. */
  readonly intervals: { readonly metrics: Quality['intervals']; readonly popularity: Quality['intervals'] };
  /** The model's figures, and those of popularity, by how much is known of the user. */
  readonly activity: readonly (ActivitySlice & { readonly popularity: ActivitySlice['metrics'] })[];
  /** Of the model with popularity and each of `lists`, and of these with each other: the figures of single users. */
  readonly comparisons: readonly Comparison[];
  /** Only with `--recommendations`. */
  readonly lists?: readonly ListsResult[];
  /** Only with `--tune`. */
  readonly tuning?: Tuning;
  /** What was read: of the ratings, or of the parts to train on, to test on and of the negatives in this order. */
  readonly reading: readonly RatingsReading[];
}

/** The figures of lists that another system made. */
export interface ListsResult extends Quality, ListFacts {
  /** That of the file, without endings. */
  readonly name: string;
  readonly file: string;
  /** By what the rows of a user were put in order. */
  readonly order: ListOrder;
  /** Bad rows that were skipped. */
  readonly rejected: number;
}

/** What `--report` writes. */
export interface EvaluationReport extends EvaluationResult, Circumstances {}

/** A finished trial of a search: how thoroughly it was measured, from 0 on, and what came of it. */
export type TuningTrial = Pick<FinishedTrial, 'rung' | 'value' | 'seconds'>;

/** What a search found. */
export interface Tuning {
  /** Finished trials, those of earlier runs included, and the seconds that they took. */
  readonly trials: number;
  readonly seconds: number;
  /** True when the search came to its end, false when the budget did. */
  readonly complete: boolean;
  /** What was raised, and how far, on the validation part. */
  readonly metric: string;
  readonly value: number;
  /** The winning flags. */
  readonly best: Partial<AlsOptions>;
  /** The file that `--parameters` takes. */
  readonly path: string;
  /** All trials in their order. */
  readonly history: readonly TuningTrial[];
}
