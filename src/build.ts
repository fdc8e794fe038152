import { join } from 'node:path';
import { createDataset, type Dataset, reorderItems } from './dataset/dataset.js';
import { Arena } from './kernels/arena.js';
import { Catalogue } from './model/catalogue.js';
import { gramOf, objectiveOf } from './model/fold-in.js';
import { rankPopularity } from './model/popularity.js';
import { type Matrix, strideOf } from './numeric/matrix.js';
import type { CatalogueItem, RatingsTable } from './ratings/ratings-table.js';
import { buildCells } from './retrieval/build-cells.js';
import type { CandidateSource, SourceKind } from './retrieval/candidate-source.js';
import { createClusterSource } from './retrieval/clusters.js';
import { createExactSource } from './retrieval/exact.js';
import { buildHnsw, createHnswSource, type HnswParameters, loadHnsw } from './retrieval/hnsw.js';
import { tuneSources } from './retrieval/tuning.js';
import type { Manifest } from './snapshot/manifest.js';
import { HNSW_FILE, writeContent } from './snapshot/snapshot.js';
import type { SnapshotStore } from './snapshot/store.js';
import { type TrainingChoice, train, trainingParameters } from './training/train.js';

export interface BuildOptions {
  readonly training: TrainingChoice;
  /** Candidate sources to choose from. The cells of `clusters` are always built: items are numbered by them. */
  readonly sources: readonly SourceKind[];
  /** Least recall of the final top 10 and of the candidates, against exact search, 0 … 1. */
  readonly recallTarget: number;
  /** Seed of clustering, graph and tuning; the training has its own. */
  readonly seed: number;
  /** Snapshots that stay in the store, this one included, at least 1. */
  readonly keep: number;
}

/** Is told how the build goes on. */
export interface BuildProgress {
  /** A stage begins; `total` is its number of steps, where it has any. */
  stage(name: string, total?: number): { update(done: number, detail?: string): void; end(detail?: string): number };
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
  const parameters = trainingParameters(options.training);
  const unordered = createDataset(table);
  const facts = datasetFacts(unordered, table);
  const seconds: Record<string, number> = {};

  const training = progress.stage('train', parameters.iterations);
  let loss = Number.NaN;
  const { userFactors, itemFactors: unorderedFactors } = await train(options.training, unordered, step => {
    loss = step.loss;
    training.update(step.iteration, `loss ${step.loss.toPrecision(6)}`);
  });
  seconds.train = training.end(`${parameters.algorithm}, loss ${loss.toPrecision(6)}`);

  const clustering = progress.stage('clusters');
  const { order, cells } = await buildCells(Arena.create(), unorderedFactors, {
    seed: options.seed,
    onProgress: ({ iteration, iterations }) =>
      clustering.update(iteration, `round ${iteration} of at most ${iterations}`),
  });
  const dataset = reorderItems(unordered, order);
  const arena = Arena.create();
  const itemFactors = reorderRows(unorderedFactors, order, arena);
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
      gram: gramOf(itemFactors),
      cells,
      seen: dataset.byUser,
      catalogue: new Catalogue(dataset.items, catalogue),
      popularity: rankPopularity(dataset),
    });
    seconds.write = writing.end();
    return {
      parameters: { ...parameters },
      objective: objectiveOf(parameters, facts.meanRating ?? 1),
      dataset: facts,
      model: { columns: itemFactors.columns, loss },
      retrieval: {
        ...tuning,
        curve: [...tuning.curve],
        buildSeconds: { clusters: seconds.clusters ?? 0, ...(hnsw ? { hnsw: seconds.hnsw ?? 0 } : {}) },
        hnsw,
      },
      seconds,
    };
  }, options.keep);
}

function datasetFacts({ users, items, byUser, timestamps, rated }: Dataset, table: RatingsTable): Manifest['dataset'] {
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
    duplicates: table.duplicates,
    rejected: table.rejected,
    rated,
    meanRating: rated ? sum / ratings : null,
    from: timestamps && new Date(from * 1000).toISOString(),
    to: timestamps && new Date(to * 1000).toISOString(),
  };
}

/** A copy of the matrix in an arena whose row i is row `order[i]` of the original. */
function reorderRows(matrix: Matrix, order: Uint32Array, arena: Arena): Matrix {
  const reordered = arena.matrix(matrix.rows, matrix.columns);
  const stride = strideOf(matrix.columns);
  order.forEach((old, row) => {
    reordered.data.set(matrix.data.subarray(old * stride, (old + 1) * stride), row * stride);
  });
  return reordered;
}
