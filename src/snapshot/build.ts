import { checkOptions } from '../base/options/option.js';
import { createDataset, type Dataset } from '../learn/dataset/dataset.js';
import { attributeKinds } from '../learn/model/attributes.js';
import { AverageUser, countInteractions } from '../learn/model/average-user.js';
import { objectiveOf } from '../learn/model/objective.js';
import type { CatalogueItem, RatingsTable } from '../learn/ratings/ratings-table.js';
import { scaleOf } from '../learn/ratings/value-kind.js';
import { aboutValues } from '../learn/training/about-values.js';
import { type TrainingChoice, train, trainingMemory, trainingParameters } from '../learn/training/train.js';
import type { TrainedFactors, TrainingProgress } from '../learn/training/trained-factors.js';
import { type KnownFactors, matchFactors } from '../learn/training/warm-start.js';
import type { Manifest } from './manifest.js';
import { type BuildProgress, type FactorModel, type PublishOptions, publishFactors } from './publish-factors.js';
import { PUBLISH_OPTIONS } from './publish-options.js';
import { snapshotBytes } from './snapshot-bytes.js';
import { sourcesFrom } from './source-choice.js';
import type { SnapshotStore } from './store.js';

export interface BuildOptions extends PublishOptions {
  /** Titles, categories, availability and attributes of the items, as `readItems` gives them. Default: none are known. */
  readonly items?: readonly CatalogueItem[] | undefined;
  /** Which algorithm, and its options. Default: `als` with the defaults of `AlsOptions`. */
  readonly training?: TrainingChoice | undefined;
  /** Factors to begin with, as `earlierFactors` gives them, matched by id; only for als. Default: random ones. */
  readonly warmStart?: KnownFactors | undefined;
  /** Called as the build goes on. Default: nothing is. */
  readonly progress?: BuildProgress | undefined;
}

/** Only times the stages, for the manifest. */
const SILENT: BuildProgress = {
  stage() {
    const started = performance.now();
    return { update() {}, end: () => (performance.now() - started) / 1000 };
  },
  note() {},
};

/**
 * The whole offline pipeline: ratings → factors → cells → graph → operating point → a published snapshot, which is then
 * the current one of the store. The same ratings and options give the same files.
 * @param ratings as `readRatings` gives them
 * @returns what the snapshot says about itself
 * @throws {ShortlistError} `invalid-option`, `snapshot-unwritable` and `hnsw-unavailable` before the training begins,
 *   `out-of-memory`, `non-finite-factors`
 */
export async function buildSnapshot(
  store: SnapshotStore,
  ratings: RatingsTable,
  options: BuildOptions = {},
): Promise<Manifest> {
  const { items = [], training: choice = { algorithm: 'als', options: {} }, progress = SILENT } = options;
  // What would stop the build after the training is found out before it.
  checkOptions(PUBLISH_OPTIONS, options);
  attributeKinds(items);
  const sources = await sourcesFrom(options.sources, progress.note);
  await store.checkWritable();
  const dataset = createDataset(ratings);
  const parameters = trainingParameters(choice, dataset);
  const facts = datasetFacts(dataset, ratings);
  const hnsw = sources.includes('hnsw');
  // The vectors of `sgd` have two columns more.
  await store.checkSpace(snapshotBytes({ dataset, catalogue: items, columns: parameters.factors + 2, hnsw }));

  const memory = trainingMemory(choice, dataset);
  for (const line of aboutValues(dataset, parameters)) progress.note(line);
  if (memory !== undefined) progress.note(memory);
  const warmStart = options.warmStart && matchFactors(options.warmStart, dataset);
  const training = progress.stage('train', parameters.iterations);
  let loss = Number.NaN;
  const showLoss = (step: TrainingProgress) => {
    loss = step.loss;
    training.update(step.iteration, `loss ${step.loss.toPrecision(6)}`);
  };
  const factors = await train(choice, dataset, showLoss, warmStart);
  const seconds = { train: training.end(`${parameters.algorithm}, loss ${loss.toPrecision(6)}`) };

  const objective = objectiveOf(parameters, dataset, facts.meanRating ?? 1);
  const averageUser = objective.algorithm === 'als' ? blendUsers(factors, dataset, objective.minRating) : null;
  const origin = options.warmStart && { warmStart: options.warmStart.origin };
  const model: FactorModel = {
    ...factors,
    dataset,
    catalogue: items,
    parameters: { ...parameters, ...origin },
    objective,
    facts,
    averageUser,
    loss,
    seconds,
  };
  return publishFactors(store, model, { ...options, sources }, progress);
}

/** @param table what `dataset` was made of, with the counts of its reader */
export function datasetFacts(
  { users, items, byUser, timestamps, rated, valueKind }: Dataset,
  { duplicates, rejected }: Pick<RatingsTable, 'duplicates' | 'rejected'>,
): FactorModel['facts'] {
  const scale = valueKind === 'ratings' || valueKind === 'labels' ? scaleOf(byUser.values) : null;
  let sum = 0;
  let counted = 0;
  for (const value of byUser.values) {
    // Neither dislikes nor mistakes.
    if (scale && !(value >= scale.min && value <= scale.max)) continue;
    sum += value;
    counted++;
  }
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const time of timestamps ?? []) {
    from = Math.min(from, time);
    to = Math.max(to, time);
  }
  return {
    users: users.size,
    items: items.size,
    ratings: byUser.values.length,
    duplicates,
    rejected,
    rated,
    meanRating: rated ? sum / counted : null,
    valueKind,
    scale,
    from: timestamps && new Date(from * 1000).toISOString(),
    to: timestamps && new Date(to * 1000).toISOString(),
  };
}

/** Blends the users of few interactions with the average one. */
function blendUsers({ userFactors }: TrainedFactors, { byUser }: Dataset, minRating: number): Float32Array {
  const interactions = countInteractions(byUser, minRating);
  const average = AverageUser.of(userFactors, interactions);
  average.blendAll(userFactors, interactions);
  return average.vector;
}
