import { ShortlistError } from '../errors.js';
import { SOURCE_KINDS, type SourceKind } from '../retrieve/candidate-source.js';
import { loadHnswlib } from '../retrieve/hnswlib.js';

/**
 * The candidate sources that a build chooses from.
 * @param wanted default: all, but `hnsw` only where the optional package hnswlib-node is installed
 * @param note called where that default leaves `hnsw` out
 * @throws {ShortlistError} `invalid-option`; `hnsw-unavailable` where it is wanted and not installed
 */
export async function sourcesFrom(
  wanted: readonly SourceKind[] | undefined,
  note: (line: string) => void,
): Promise<readonly SourceKind[]> {
  if (wanted?.length === 0 || wanted?.some(kind => !SOURCE_KINDS.includes(kind))) {
    throw new ShortlistError(
      'invalid-option',
      `\`sources\` must be one or more of ${SOURCE_KINDS.join(', ')}, got ${wanted.join(', ') || 'none'}.`,
      { option: 'sources', value: wanted.join() },
    );
  }
  const kinds = wanted ?? SOURCE_KINDS;
  if (!kinds.includes('hnsw')) return kinds;
  try {
    await loadHnswlib();
    return kinds;
  } catch (error) {
    if (wanted || !(error instanceof ShortlistError && error.code === 'hnsw-unavailable')) throw error;
    note(
      'The optional package hnswlib-node is not installed: there is no hnsw to choose from, only exact and clusters.',
    );
    return kinds.filter(kind => kind !== 'hnsw');
  }
}
