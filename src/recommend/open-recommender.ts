import { ShortlistError } from '../errors.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { openSimilarity, openSource, type PreparedSources } from '../snapshot/sources.js';
import type { PrecomputedLists } from './precomputed.js';
import type { UserEvents } from './recommendation.js';
import { Recommender } from './recommender.js';

/**
 * A recommender that searches at the operating point of the snapshot. Where that was `hnsw` and hnswlib-node is not installed
 * here, it searches the clusters until the answer is proven exact, and says so.
 * @param warn called where it falls back
 * @param prepared of this snapshot. Default: made now.
 * @param precomputed lists that a batch made with this snapshot
 * @param events what users did since the snapshot was made
 */
export async function openRecommender(
  snapshot: Snapshot,
  warn: (message: string) => void,
  prepared?: PreparedSources,
  precomputed?: PrecomputedLists,
  events?: UserEvents,
): Promise<Recommender> {
  const { objective, retrieval } = snapshot.manifest;
  const similarity = openSimilarity(snapshot, objective.algorithm, retrieval.similarity.effort, prepared?.similarity);
  const { source, effort } = retrieval.operatingPoint;
  try {
    const candidates = await openSource(snapshot, source, prepared);
    return new Recommender(snapshot, candidates, effort, similarity, precomputed, events);
  } catch (error) {
    if (!(error instanceof ShortlistError && error.code === 'hnsw-unavailable')) throw error;
    warn(
      `The snapshot is to be searched with hnsw, which is not available here: serving from clusters, exactly. ${error.message}`,
    );
    const candidates = await openSource(snapshot, 'clusters', prepared);
    return new Recommender(snapshot, candidates, 'exact', similarity, precomputed, events);
  }
}
