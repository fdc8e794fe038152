import { join } from 'node:path';
import { ShortlistError } from '../errors.js';
import type { CandidateSource, Effort, SourceKind } from '../retrieval/candidate-source.js';
import { createClusterSource } from '../retrieval/clusters.js';
import { createCosineSource } from '../retrieval/cosine.js';
import { createExactSource } from '../retrieval/exact.js';
import { createHnswSource, loadHnsw } from '../retrieval/hnsw.js';
import type { Manifest } from './manifest.js';
import { HNSW_FILE, type Snapshot, verifyFile } from './snapshot.js';

/** The kinds of source that a snapshot can be searched with. */
export function availableSources(snapshot: Snapshot): SourceKind[] {
  return snapshot.manifest.retrieval.hnsw ? ['exact', 'clusters', 'hnsw'] : ['exact', 'clusters'];
}

/**
 * Makes a candidate source over a snapshot's items.
 * @throws {ShortlistError} `hnsw-unavailable`, `snapshot-damaged`
 */
export async function openSource(snapshot: Snapshot, kind: SourceKind): Promise<CandidateSource> {
  const { arena, itemFactors, cells, manifest } = snapshot;
  if (kind === 'clusters') return createClusterSource(arena, itemFactors, cells);
  const exact = createExactSource(arena, itemFactors);
  if (kind === 'exact') return exact;

  const { hnsw } = manifest.retrieval;
  if (!hnsw) {
    throw new ShortlistError(
      'hnsw-unavailable',
      `Snapshot ${manifest.id} has no HNSW graph. Rebuild it with --sources exact,clusters,hnsw.`,
      { snapshot: manifest.id },
    );
  }
  // The library trusts its file blindly: a damaged one could take the process with it.
  await verifyFile(snapshot, HNSW_FILE);
  const graph = await loadHnsw(join(snapshot.directory, HNSW_FILE), itemFactors, hnsw.space);
  return createHnswSource(arena, itemFactors, graph, exact);
}

/** What `sgd` appends to an item's vector, 1 and its bias, says nothing about what the item is like. */
const SGD_BIAS_COLUMNS = 2;

/**
 * Makes the source of similar items.
 * @param algorithm what the factors were trained with
 */
export function openSimilarity(
  { arena, itemFactors, cells }: Pick<Snapshot, 'arena' | 'itemFactors' | 'cells'>,
  algorithm: Manifest['objective']['algorithm'],
  defaultEffort: Effort,
): CandidateSource {
  const columns = itemFactors.columns - (algorithm === 'sgd' ? SGD_BIAS_COLUMNS : 0);
  return createCosineSource(arena, itemFactors, cells, { columns, defaultEffort });
}
