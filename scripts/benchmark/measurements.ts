import { join } from 'node:path';
import { createRandom, shuffle } from '../../src/base/numeric/random.js';
import { rowLengths, rowsWithEntries, transpose } from '../../src/base/numeric/sparse.js';
import { withScratchDirectory } from '../../src/base/tables/scratch-directory.js';
import { answerCheck } from '../../src/measure/benchmark/answer-check.js';
import { type GrowthPoint, growthExponent, measureGrowth } from '../../src/measure/benchmark/catalogue-growth.js';
import { type ProductionFigures, productionFigures } from '../../src/measure/benchmark/production-figures.js';
import { recallByActivity, recallByPopularity } from '../../src/measure/benchmark/recall-slices.js';
import { type Contender, type SweepPoint, sweep } from '../../src/measure/benchmark/sweep.js';
import { openRecommender } from '../../src/recommend/open-recommender.js';
import type { Effort, SourceKind } from '../../src/retrieve/candidate-source.js';
import { createExactSource } from '../../src/retrieve/exact.js';
import { buildHnsw, type HnswParameters, loadHnsw } from '../../src/retrieve/hnsw.js';
import { createProposedSource } from '../../src/retrieve/proposed.js';
import { SearchWorkload } from '../../src/retrieve/search-workload.js';
import type { Snapshot } from '../../src/snapshot/snapshot.js';
import { openSource } from '../../src/snapshot/sources.js';
import type { Progress } from '../command/progress.js';
import type { BenchmarkReport } from './report.js';

// The measurements of `benchmark`, each over the snapshot that is served.

/** Recall at which catalogues of different size are compared, and the number of requests that measure it. */
const GROWTH_RECALL = 0.98;
const GROWTH_QUERIES = 200;

/** Users with a history, drawn at random; any users where none has one, as when factors were imported without ratings. */
export function sampleUsers({ seen, users }: Snapshot, count: number, seed: number): Uint32Array {
  const known = rowsWithEntries(seen);
  const drawn = known.length > 0 ? known : Uint32Array.from({ length: users.size }, (_, user) => user);
  return shuffle(drawn, createRandom(seed)).slice(0, count);
}

/** Sweeps all sources, and slices the recall of the one that the service uses. */
export async function measureSources(
  snapshot: Snapshot,
  contenders: readonly Contender[],
  users: Uint32Array,
  { k, rounds, unmasked }: { k: number; rounds: number; unmasked: boolean },
  progress: Progress,
): Promise<{ points: SweepPoint[]; slices: BenchmarkReport['slices'] }> {
  const { arena, itemFactors: items, userFactors: queries, seen } = snapshot;
  const mark = arena.mark();
  const stage = progress.stage(`top ${k}`, contenders.length + rounds);
  const requests = { queries, users, k, ...(unmasked ? {} : { seen }) };
  const workload = new SearchWorkload(arena, requests, createExactSource(arena, items));
  const points = await sweep(contenders, workload, {
    rounds,
    check: answerCheck(arena, items, workload),
    onProgress: (done, what) => stage.update(done, what),
  });
  const slices = slicesOf(snapshot, contenders, users, workload);
  stage.end(`${points.length} points, ${users.length} requests each`);
  arena.release(mark);
  return { points, slices };
}

function slicesOf(
  { seen, manifest }: Snapshot,
  contenders: readonly Contender[],
  users: Uint32Array,
  workload: SearchWorkload,
): BenchmarkReport['slices'] {
  const { source: kind, effort } = manifest.retrieval.operatingPoint;
  const source = contenders.find(contender => contender.name === kind)?.source;
  if (!source) return null;
  return {
    byActivity: recallByActivity(source, effort, workload, users, seen),
    byPopularity: recallByPopularity(source, effort, workload, rowLengths(transpose(seen))),
  };
}

/** Times whole requests. */
export async function measureService(
  snapshot: Snapshot,
  contenders: readonly Contender[],
  users: Uint32Array,
  progress: Progress,
): Promise<ProductionFigures> {
  const recommender = await openRecommender(snapshot, warning => progress.note(warning));
  const used = contenders.find(({ name }) => name === snapshot.manifest.retrieval.operatingPoint.source);
  return productionFigures(recommender, snapshot, users, used?.source.bytes ?? 0);
}

/** Builds and measures drawn catalogues of these sizes. */
export async function measureGrowths(
  { itemFactors, userFactors }: Snapshot,
  users: Uint32Array,
  sizes: readonly number[],
  { k, seed }: { k: number; seed: number },
  progress: Progress,
): Promise<BenchmarkReport['growth']> {
  const points: GrowthPoint[] = [];
  for (const items of sizes) {
    const stage = progress.stage(`growth to ${items} items`);
    const options = { items, k, recall: GROWTH_RECALL, seed };
    const point = await measureGrowth(itemFactors, userFactors, users.subarray(0, GROWTH_QUERIES), options);
    stage.end(`recall ${point.recall.toFixed(4)} in ${point.p50us.toFixed(0)} us`);
    points.push(point);
  }
  return { points, exponent: growthExponent(points) };
}

/** A graph in the space of raw inner products, as most use hnswlib for this, built like the snapshot's own. */
export async function rawHnsw(snapshot: Snapshot, progress: Progress): Promise<Contender> {
  const { arena, itemFactors, manifest } = snapshot;
  return withScratchDirectory(async directory => {
    const file = join(directory, 'ip.bin');
    const stage = progress.stage('hnsw ip', itemFactors.rows);
    const onProgress = (added: number) => stage.update(added);
    const parameters = await buildHnsw(itemFactors, file, { ...manifest.retrieval.hnsw, space: 'ip', onProgress });
    const buildSeconds = stage.end();
    const graph = await loadHnsw(file, itemFactors, 'ip');
    return {
      source: createProposedSource(arena, itemFactors, graph, createExactSource(arena, itemFactors)),
      name: 'hnsw ip',
      parametersAt: effort => hnswParameters(parameters, effort),
      always: [],
      buildSeconds,
    };
  });
}

function hnswParameters({ m, efConstruction, space }: HnswParameters, effort: Effort) {
  return { M: m, efConstruction, space, ef: effort };
}

/** A source of the snapshot, opened as the service opens it. */
export async function contenderOf(snapshot: Snapshot, kind: SourceKind): Promise<Contender> {
  const { buildSeconds, hnsw, operatingPoint } = snapshot.manifest.retrieval;
  const cells = snapshot.cells.centroids.rows;
  return {
    source: await openSource(snapshot, kind),
    name: kind,
    parametersAt: effort => {
      if (kind === 'clusters') return { cells, nprobe: effort };
      if (kind === 'hnsw' && hnsw) return hnswParameters(hnsw, effort);
      return {};
    },
    always: [
      ...(kind === 'hnsw' ? [] : (['exact'] as const)),
      ...(operatingPoint.source === kind ? [operatingPoint.effort] : []),
    ],
    buildSeconds: buildSeconds[kind] ?? 0,
  };
}
