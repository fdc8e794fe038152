import { join } from 'node:path';
import { Arena } from '../base/kernels/arena.js';
import type { Csr } from '../base/numeric/sparse.js';
import { createDataset, type Dataset, reorderItems, withItems } from '../learn/dataset/dataset.js';
import { AverageUser, countInteractions } from '../learn/model/average-user.js';
import { Catalogue } from '../learn/model/catalogue.js';
import { coldVectors } from '../learn/model/cold-items.js';
import { gramOf } from '../learn/model/fold-in.js';
import { objectiveOf } from '../learn/model/objective.js';
import { rankPopularity } from '../learn/model/popularity.js';
import type { CatalogueItem, RatingsTable } from '../learn/ratings/ratings-table.js';
import { type TrainingChoice, train, trainingMemory, trainingParameters } from '../learn/training/train.js';
import type { TrainedFactors, TrainingProgress } from '../learn/training/trained-factors.js';
import { type KnownFactors, matchFactors } from '../learn/training/warm-start.js';
import { buildCells } from '../retrieve/build-cells.js';
import type { CandidateSource, SourceKind } from '../retrieve/candidate-source.js';
import { renumberItems } from '../retrieve/cells.js';
import { createClusterSource } from '../retrieve/clusters.js';
import { createExactSource } from '../retrieve/exact.js';
import { buildHnsw, createHnswSource, type HnswParameters, loadHnsw } from '../retrieve/hnsw.js';
import { tuneSources } from '../retrieve/operating-point.js';
import type { Manifest } from './manifest.js';
import { HNSW_FILE, writeContent } from './snapshot.js';
import { openSimilarity } from './sources.js';
import type { SnapshotStore } from './store.js';

/** How factors become a published snapshot. */
export interface PublishOptions {
  /** Candidate sources to choose from. The cells of `clusters` are always built: items are numbered by them. */
  readonly sources: readonly SourceKind[];
  /** Least recall of the final top 10 and of the candidates, against exact search, 0 … 1. */
  readonly recallTarget: number;
  /** Seed of clustering, graph and tuning; the training has its own. */
  readonly seed: number;
  /** Snapshots that stay in the store, this one included, at least 1. */
  readonly keep: number;
}

export interface BuildOptions extends PublishOptions {
  readonly training: TrainingChoice;
  /** Factors of an earlier training to begin with, matched by id; only for als. Default: random ones. */
  readonly warmStart?: KnownFactors | undefined;
}

/** Is told how the build goes on. */
export interface BuildProgress {
  /** A stage begins; `total` is its number of steps, where it has any. */
  stage(name: string, total?: number): { update(done: number, detail?: string): void; end(detail?: string): number };
  /** Something to know between two stages. */
  note(line: string): void;
}

/** Factors, trained here or elsewhere, and all that a snapshot says beside them. */
export interface FactorModel extends TrainedFactors {
  /** Its users and items are the rows of the factors. */
  readonly dataset: Dataset;
  /** Titles and categories, where they are known. */
  readonly catalogue: readonly CatalogueItem[];
  /** What the manifest says about the training and the data. */
  readonly parameters: Manifest['parameters'];
  readonly objective: Manifest['objective'];
  readonly facts: Omit<Manifest['dataset'], 'coldItems'>;
  /** What the vectors of users are blended with already; null where they are not. */
  readonly averageUser: Float32Array | null;
  /** Loss after the last iteration, or null where nobody knows it. */
  readonly loss: number | null;
  /** Time of the stages before. */
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * The whole offline pipeline: ratings → factors → cells → graph → operating point → a published snapshot.
 * @param catalogue titles and categories, where they are known
 * @throws {ShortlistError} what training, retrieval and the store throw
 */
export async function buildSnapshot(
  store: SnapshotStore,
  table: RatingsTable,
  catalogue: readonly CatalogueItem[],
  options: BuildOptions,
  progress: BuildProgress,
): Promise<Manifest> {
  const dataset = createDataset(table);
  const parameters = trainingParameters(options.training, dataset);
  const facts = datasetFacts(dataset, table);

  const memory = trainingMemory(options.training, dataset);
  if (memory !== undefined) progress.note(memory);
  const warmStart = options.warmStart && matchFactors(options.warmStart, dataset);
  const training = progress.stage('train', parameters.iterations);
  let loss = Number.NaN;
  const showLoss = (step: TrainingProgress) => {
    loss = step.loss;
    training.update(step.iteration, `loss ${step.loss.toPrecision(6)}`);
  };
  const factors = await train(options.training, dataset, showLoss, warmStart);
  const seconds = { train: training.end(`${parameters.algorithm}, loss ${loss.toPrecision(6)}`) };

  const objective = objectiveOf(parameters, facts.meanRating ?? 1);
  const averageUser = objective.algorithm === 'als' ? blendUsers(factors, dataset, objective.minRating) : null;
  const told = { ...parameters, ...(options.warmStart && { warmStart: options.warmStart.origin }) };
  const model = { ...factors, dataset, catalogue, parameters: told, objective, facts, averageUser, loss, seconds };
  return publishFactors(store, model, options, progress);
}

/**
 * The part of the pipeline that does not care where the factors come from: factors → cells → graph → operating point →
 * a published snapshot.
 * @throws {ShortlistError} what retrieval and the store throw
 */
export async function publishFactors(
  store: SnapshotStore,
  model: FactorModel,
  options: PublishOptions,
  progress: BuildProgress,
): Promise<Manifest> {
  const { userFactors } = model;
  const seconds: Record<string, number> = { ...model.seconds };

  const clustering = progress.stage('clusters');
  const arena = Arena.create();
  const trained = model.itemFactors;
  const cold = coldVectors(model.dataset, trained, model.catalogue, model.objective.algorithm);
  const itemFactors = arena.matrix(trained.rows + cold.ids.length, trained.columns);
  itemFactors.data.set(trained.data);
  itemFactors.data.set(cold.factors.data, trained.data.length);
  const all = withItems(model.dataset, cold.ids);
  // By id first: cells, and with them what an approximate search misses, then do not depend on where factors come from.
  const byId = ascendingIds(all.items.ids);
  renumberItems(itemFactors, byId);
  const { order: byCell, cells } = await buildCells(arena, itemFactors, {
    seed: options.seed,
    onProgress: ({ iteration, iterations }) =>
      clustering.update(iteration, `round ${iteration} of at most ${iterations}`),
  });
  renumberItems(itemFactors, byCell);
  const order = byCell.map(item => byId[item]!);
  const dataset = reorderItems(all, order);
  const isCold = (item: number) => order[item]! >= trained.rows;
  seconds.clusters = clustering.end(`${cells.centroids.rows} cells`);

  return store.publish(async files => {
    const sources: CandidateSource[] = [];
    const exact = createExactSource(arena, itemFactors);
    if (options.sources.includes('exact')) sources.push(exact);
    if (options.sources.includes('clusters')) sources.push(createClusterSource(arena, itemFactors, cells));
    let hnsw: HnswParameters | null = null;
    if (options.sources.includes('hnsw')) {
      const graph = progress.stage('hnsw', itemFactors.rows);
      const file = join(files.directory, HNSW_FILE);
      hnsw = await buildHnsw(itemFactors, file, { seed: options.seed, onProgress: added => graph.update(added) });
      await files.adopt(HNSW_FILE);
      const loaded = await loadHnsw(file, itemFactors, hnsw.space);
      sources.push(createHnswSource(arena, itemFactors, loaded, exact));
      seconds.hnsw = graph.end();
    }

    const tune = progress.stage('tune');
    const tuning = tuneSources(arena, {
      sources,
      queries: userFactors,
      seen: dataset.byUser,
      target: options.recallTarget,
      seed: options.seed,
    });
    // Similar items are asked for by item vectors, another distribution than that of users.
    const similarity = tuneSources(arena, {
      sources: [openSimilarity({ arena, itemFactors, cells }, model.objective.algorithm, 'exact')],
      queries: itemFactors,
      seen: itself(itemFactors.rows),
      target: options.recallTarget,
      sample: SIMILARITY_SAMPLE,
      seed: options.seed,
    });
    const { source, effort } = tuning.operatingPoint;
    seconds.tune = tune.end(
      `${source}, effort ${effort}, recall ${tuning.checked.recall.toFixed(4)}` +
        (tuning.targetReached ? '' : `: the target ${tuning.target} was out of reach, this is the best there is`),
    );

    const writing = progress.stage('write');
    await writeContent(files, {
      users: dataset.users,
      items: dataset.items,
      userFactors,
      itemFactors,
      gram: gramOf(itemFactors, item => !isCold(item)),
      cells,
      seen: dataset.byUser,
      catalogue: Catalogue.of(dataset.items, model.catalogue),
      popularity: rankPopularity(dataset),
      coldItems: order.map((_, item) => item).filter(isCold),
      unavailableItems: unavailableItems(dataset, model.catalogue),
      averageUser: model.averageUser,
    });
    seconds.write = writing.end();
    return {
      parameters: model.parameters,
      objective: model.objective,
      dataset: { ...model.facts, coldItems: cold.ids.length },
      model: { columns: itemFactors.columns, loss: model.loss },
      retrieval: {
        ...tuning,
        curve: [...tuning.curve],
        buildSeconds: { clusters: seconds.clusters ?? 0, ...(hnsw ? { hnsw: seconds.hnsw ?? 0 } : {}) },
        hnsw,
        similarity: { effort: similarity.operatingPoint.effort, recall: similarity.checked.recall },
      },
      seconds,
    };
  }, options.keep);
}

/** The positions of ids in their ascending order. */
function ascendingIds(ids: readonly string[]): Uint32Array {
  return Uint32Array.from(ids.keys()).sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1));
}

/** @param table what `dataset` was made of, with the counts of its reader */
export function datasetFacts(
  { users, items, byUser, timestamps, rated }: Dataset,
  { duplicates, rejected }: Pick<RatingsTable, 'duplicates' | 'rejected'>,
): FactorModel['facts'] {
  const ratings = byUser.values.length;
  let sum = 0;
  for (const value of byUser.values) sum += value;
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const time of timestamps ?? []) {
    from = Math.min(from, time);
    to = Math.max(to, time);
  }
  return {
    users: users.size,
    items: items.size,
    ratings,
    duplicates,
    rejected,
    rated,
    meanRating: rated ? sum / ratings : null,
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

/** Indices of what the catalogue says is not available, ascending. */
function unavailableItems({ items }: Dataset, catalogue: readonly CatalogueItem[]): Uint32Array {
  const indices = catalogue.flatMap(item => (item.available === false ? (items.indexOf(item.itemId) ?? []) : []));
  return Uint32Array.from(indices).sort();
}

/** Items to tune the search for similar items with: proofs of cosines scan most of a large catalogue, for each of them. */
const SIMILARITY_SAMPLE = 200;

/** Masks of the search for similar items: an item itself is not one of them. */
function itself(items: number): Csr {
  const numbers = Uint32Array.from({ length: items + 1 }, (_, i) => i);
  const values = new Float32Array(items).fill(1);
  return { rows: items, columns: items, starts: numbers, indices: numbers.subarray(0, items), values };
}
