import { ShortlistError } from '../errors.js';
import { SOURCE_KINDS, type SourceKind } from '../retrieve/candidate-source.js';
import { loadHnswlib } from '../retrieve/hnswlib.js';

/**
 * The candidate sources to choose from where nobody named any: all, but `hnsw` only where the optional package
 * hnswlib-node is there.
 * @param note is told that it is not
 */
export async function defaultSources(note: (line: string) => void): Promise<readonly SourceKind[]> {
  try {
    await loadHnswlib();
    return SOURCE_KINDS;
  } catch (error) {
    if (!(error instanceof ShortlistError && error.code === 'hnsw-unavailable')) throw error;
    note(
      'The optional package hnswlib-node is not installed: there is no hnsw to choose from, only exact and clusters.',
    );
    return SOURCE_KINDS.filter(kind => kind !== 'hnsw');
  }
}
