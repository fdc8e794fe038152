import { generateSynthetic, type SyntheticData } from '../../src/learn/ratings/synthetic-ratings.js';
import { type BuildOptions, buildSnapshot } from '../../src/snapshot/build.js';
import type { Manifest } from '../../src/snapshot/manifest.js';
import { SnapshotStore } from '../../src/snapshot/store.js';
import { newDirectory } from './scratch-directory.js';

export const smallData: SyntheticData = generateSynthetic({ users: 120, items: 300, ratings: 4000, seed: 5 });

/** Builds a real snapshot of a small catalogue, by default in a new temporary directory. */
export async function buildSmallSnapshot(
  changes: Partial<BuildOptions> = {},
  data: SyntheticData = smallData,
  store = new SnapshotStore(newDirectory()),
): Promise<{ store: SnapshotStore; manifest: Manifest }> {
  const options: BuildOptions = {
    training: { algorithm: 'als', options: { factors: 12, iterations: 5 } },
    items: data.catalogue,
    ...changes,
  };
  return { store, manifest: await buildSnapshot(store, data.table, options) };
}
