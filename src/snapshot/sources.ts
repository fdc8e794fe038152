import { join } from 'node:path';
import type { Matrix } from '../base/numeric/matrix.js';
import { ShortlistError } from '../errors.js';
import type { CandidateSource, Effort, SourceKind } from '../retrieve/candidate-source.js';
import { type CellIndex, createClusterSource, prepareCells } from '../retrieve/clusters.js';
import { createCosineSource, prepareCosine } from '../retrieve/cosine.js';
import { createExactSource, type ExactIndex, prepareExact } from '../retrieve/exact.js';
import { loadHnsw } from '../retrieve/hnsw.js';
import { createProposedSource } from '../retrieve/proposed.js';
import type { Manifest } from './manifest.js';
import { HNSW_FILE, type Snapshot } from './snapshot.js';

/** The kinds of source that a snapshot can be searched with. */
export function availableSources(snapshot: Snapshot): SourceKind[] {
  return snapshot.manifest.retrieval.hnsw ? ['exact', 'clusters', 'hnsw'] : ['exact', 'clusters'];
}

/** What sources derive from a snapshot before they can search: plain data in its arena, so that any thread can make it. */
export interface PreparedSources {
  readonly exact: ExactIndex;
  readonly clusters: CellIndex;
  readonly similarity: CellIndex;
}

/** Spares whoever opens sources of the snapshot a pass over all its vectors for each. */
export function prepareSources({ arena, itemFactors, cells, manifest }: Snapshot): PreparedSources {
  return {
    exact: prepareExact(arena, itemFactors),
    clusters: prepareCells(arena, itemFactors, cells),
    similarity: prepareCosine(arena, itemFactors, cells, likenessColumns(itemFactors, manifest.objective.algorithm)),
  };
}

/**
 * Makes a candidate source over a snapshot's items.
 * @param prepared default: made now
 * @throws {ShortlistError} `hnsw-unavailable`, `snapshot-damaged`
 */
export async function openSource(
  snapshot: Snapshot,
  kind: SourceKind,
  prepared?: PreparedSources,
): Promise<CandidateSource> {
  const { arena, itemFactors, cells, manifest } = snapshot;
  if (kind === 'clusters') return createClusterSource(arena, itemFactors, cells, { prepared: prepared?.clusters });
  const exact = createExactSource(arena, itemFactors, prepared?.exact);
  if (kind === 'exact') return exact;

  const { hnsw } = manifest.retrieval;
  if (!hnsw) {
    throw new ShortlistError(
      'hnsw-unavailable',
      `Snapshot ${manifest.id} has no HNSW graph. Build one with hnsw among its \`sources\`.`,
      { snapshot: manifest.id },
    );
  }
  const graph = await loadHnsw(join(snapshot.directory, HNSW_FILE), itemFactors, hnsw.space);
  return createProposedSource(arena, itemFactors, graph, exact);
}

/** What `sgd` appends to an item's vector, 1 and its bias, says nothing about what the item is like. */
const SGD_BIAS_COLUMNS = 2;

/** The leading columns of an item's vector that say what it is like. */
export function likenessColumns({ columns }: Matrix, algorithm: Manifest['objective']['algorithm']): number {
  return columns - (algorithm === 'sgd' ? SGD_BIAS_COLUMNS : 0);
}

/**
 * Makes the source of similar items.
 * @param algorithm what the factors were trained with
 * @param prepared default: made now
 */
export function openSimilarity(
  { arena, itemFactors, cells }: Pick<Snapshot, 'arena' | 'itemFactors' | 'cells'>,
  algorithm: Manifest['objective']['algorithm'],
  defaultEffort: Effort,
  prepared?: CellIndex | undefined,
): CandidateSource {
  const columns = likenessColumns(itemFactors, algorithm);
  return createCosineSource(arena, itemFactors, cells, { columns, defaultEffort, prepared });
}
