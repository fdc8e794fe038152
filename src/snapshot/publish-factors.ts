import { join } from 'node:path';
import type { Csr } from '../base/numeric/sparse.js';
import { completeOptions, type GivenValues } from '../base/options/option.js';
import { messageOf, ShortlistError } from '../errors.js';
import type { Dataset } from '../learn/dataset/dataset.js';
import { attributeKinds } from '../learn/model/attributes.js';
import { Catalogue } from '../learn/model/catalogue.js';
import { gramOf } from '../learn/model/fold-in.js';
import { rankPopularity } from '../learn/model/popularity.js';
import type { CatalogueItem } from '../learn/ratings/ratings-table.js';
import type { TrainedFactors } from '../learn/training/trained-factors.js';
import type { CandidateSource, SourceKind } from '../retrieve/candidate-source.js';
import { createClusterSource } from '../retrieve/clusters.js';
import { createExactSource } from '../retrieve/exact.js';
import { buildHnsw, type HnswParameters, loadHnsw } from '../retrieve/hnsw.js';
import { findOperatingPoint, type OperatingPointChoice } from '../retrieve/operating-point.js';
import { createProposedSource } from '../retrieve/proposed.js';
import type { SnapshotFiles } from './files.js';
import type { Manifest } from './manifest.js';
import { type PlacedItems, placeItems } from './place-items.js';
import { PUBLISH_OPTIONS } from './publish-options.js';
import { HNSW_FILE, writeContent } from './snapshot.js';
import { snapshotBytes } from './snapshot-bytes.js';
import { sourcesFrom } from './source-choice.js';
import { openSimilarity } from './sources.js';
import type { SnapshotStore } from './store.js';

/** How factors become a published snapshot. */
export interface PublishOptions extends GivenValues<typeof PUBLISH_OPTIONS> {
  /**
   * Candidate sources to choose from. The cells of `clusters` are always built: items are numbered by them. Default: all,
   * but `hnsw` only where hnswlib-node is installed.
   */
  readonly sources?: readonly SourceKind[] | undefined;
}

/** Shows how a build goes on. */
export interface BuildProgress {
  /**
   * A stage begins; `total` is its number of steps, where it has any. `update` is called with the steps done, `end`
   * returns the seconds that the stage took.
   */
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
  readonly facts: Omit<Manifest['dataset'], 'coldItems' | 'attributes'>;
  /** What the vectors of users are blended with already; null where they are not. */
  readonly averageUser: Float32Array | null;
  /** Loss after the last iteration, or null where it is not known. */
  readonly loss: number | null;
  /** Time of the stages before. */
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * The part of the pipeline that does not care where the factors come from: factors → cells → graph → operating point →
 * a published snapshot.
 * @throws {ShortlistError} `invalid-option`, `hnsw-unavailable`, `snapshot-unwritable`
 */
export async function publishFactors(
  store: SnapshotStore,
  model: FactorModel,
  options: PublishOptions,
  progress: BuildProgress,
): Promise<Manifest> {
  const { recallTarget, seed, keep } = completeOptions(PUBLISH_OPTIONS, options, {});
  const kinds = await sourcesFrom(options.sources, progress.note);
  const attributes = Array.from(attributeKinds(model.catalogue), ([name, kind]) => ({ name, kind }));
  const { columns } = model.itemFactors;
  await store.checkSpace(snapshotBytes({ ...model, columns, hnsw: kinds.includes('hnsw') }));
  const clustering = progress.stage('clusters');
  const placed = await placeItems(model, {
    seed,
    onProgress: ({ iteration, iterations }) =>
      clustering.update(iteration, `round ${iteration} of at most ${iterations}`),
  });
  const clusters = clustering.end(`${placed.cells.centroids.rows} cells`);
  return store.publish(async files => {
    const opened = await openSources(files, placed, kinds, seed, progress);
    const points = await findOperatingPoints(placed, opened.sources, model, recallTarget, seed, progress);
    const write = await writePlaced(files, placed, model, progress);
    return {
      parameters: model.parameters,
      objective: model.objective,
      dataset: { ...model.facts, coldItems: placed.coldItems.length, ...(attributes.length > 0 && { attributes }) },
      model: { columns: placed.itemFactors.columns, loss: model.loss },
      retrieval: {
        ...points.ofUsers,
        curve: [...points.ofUsers.curve],
        buildSeconds: { clusters, ...opened.seconds },
        hnsw: opened.hnsw,
        similarity: { effort: points.ofItems.operatingPoint.effort, recall: points.ofItems.checked.recall },
      },
      seconds: { ...model.seconds, clusters, ...opened.seconds, ...points.seconds, write },
    };
  }, keep);
}

interface OpenedSources {
  readonly sources: readonly CandidateSource[];
  /** How the graph was built, or null where none was wanted. */
  readonly hnsw: HnswParameters | null;
  readonly seconds: { readonly hnsw?: number };
}

/** Opens the sources to choose from; the graph of `hnsw` is built into the snapshot for it. */
async function openSources(
  files: SnapshotFiles,
  { arena, itemFactors, cells }: PlacedItems,
  kinds: readonly SourceKind[],
  seed: number,
  progress: BuildProgress,
): Promise<OpenedSources> {
  const exact = createExactSource(arena, itemFactors);
  const sources: CandidateSource[] = [];
  if (kinds.includes('exact')) sources.push(exact);
  if (kinds.includes('clusters')) sources.push(createClusterSource(arena, itemFactors, cells));
  if (!kinds.includes('hnsw')) return { sources, hnsw: null, seconds: {} };

  const stage = progress.stage('hnsw', itemFactors.rows);
  const file = join(files.directory, HNSW_FILE);
  const hnsw = await buildHnsw(itemFactors, file, { seed, onProgress: added => stage.update(added) });
  await files.adopt(HNSW_FILE);
  const graph = await loadHnsw(file, itemFactors, hnsw.space).catch(cause => {
    // The library does not notice when it cannot write, only when it reads.
    throw new ShortlistError(
      'snapshot-unwritable',
      `The HNSW graph could not be written to ${file}: ${messageOf(cause)}. Is there space left?`,
      { file },
      { cause },
    );
  });
  sources.push(createProposedSource(arena, itemFactors, graph, exact));
  return { sources, hnsw, seconds: { hnsw: stage.end() } };
}

interface OperatingPoints {
  readonly ofUsers: OperatingPointChoice;
  /** Of the search for similar items. */
  readonly ofItems: OperatingPointChoice;
  readonly seconds: { readonly tune: number };
}

/** Items to measure the search for similar items with: proofs of cosines scan most of a large catalogue, for each of them. */
const SIMILARITY_SAMPLE = 200;

async function findOperatingPoints(
  { arena, itemFactors, cells, dataset }: PlacedItems,
  sources: readonly CandidateSource[],
  { userFactors, objective }: FactorModel,
  target: number,
  seed: number,
  progress: BuildProgress,
): Promise<OperatingPoints> {
  const stage = progress.stage('tune');
  const ofUsers = await findOperatingPoint(arena, {
    sources,
    queries: userFactors,
    seen: dataset.byUser,
    target,
    seed,
  });
  // Similar items are asked for by item vectors, another distribution than that of users.
  const ofItems = await findOperatingPoint(arena, {
    sources: [openSimilarity({ arena, itemFactors, cells }, objective.algorithm, 'exact')],
    queries: itemFactors,
    seen: itself(itemFactors.rows),
    target,
    sample: SIMILARITY_SAMPLE,
    seed,
  });
  const { operatingPoint, checked, targetReached } = ofUsers;
  const tune = stage.end(
    `${operatingPoint.source}, effort ${operatingPoint.effort}, recall ${checked.recall.toFixed(4)}` +
      (targetReached ? '' : `: the target ${target} was out of reach, this is the best there is`),
  );
  return { ofUsers, ofItems, seconds: { tune } };
}

/** Masks of the search for similar items: an item itself is not one of them. */
function itself(items: number): Csr {
  const numbers = Uint32Array.from({ length: items + 1 }, (_, i) => i);
  const values = new Float32Array(items).fill(1);
  return { rows: items, columns: items, starts: numbers, indices: numbers.subarray(0, items), values };
}

/** @returns the seconds it took */
async function writePlaced(
  files: SnapshotFiles,
  { itemFactors, cells, dataset, coldItems }: PlacedItems,
  { userFactors, catalogue, averageUser }: FactorModel,
  progress: BuildProgress,
): Promise<number> {
  const stage = progress.stage('write');
  const cold = new Set(coldItems);
  await writeContent(files, {
    users: dataset.users,
    items: dataset.items,
    userFactors,
    itemFactors,
    gram: gramOf(itemFactors, item => !cold.has(item)),
    cells,
    seen: dataset.byUser,
    catalogue: Catalogue.of(dataset.items, catalogue),
    popularity: rankPopularity(dataset),
    coldItems,
    unavailableItems: unavailableItems(dataset, catalogue),
    averageUser,
  });
  return stage.end();
}

/** Indices of what the catalogue says is not available, ascending. */
function unavailableItems({ items }: Dataset, catalogue: readonly CatalogueItem[]): Uint32Array {
  const indices = catalogue.flatMap(item => (item.available === false ? (items.indexOf(item.itemId) ?? []) : []));
  return Uint32Array.from(indices).sort();
}
