import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSynthetic, type SyntheticData } from '../../src/learn/ratings/synthetic-ratings.js';
import { type BuildOptions, buildSnapshot } from '../../src/snapshot/build.js';
import type { Manifest } from '../../src/snapshot/manifest.js';
import { SnapshotStore } from '../../src/snapshot/store.js';

export const smallData: SyntheticData = generateSynthetic({ users: 120, items: 300, ratings: 4000, seed: 5 });

export const silentProgress = { stage: () => ({ update: () => {}, end: () => 0 }), note: () => {} };

/** Builds a real snapshot of a small catalogue, by default in a new temporary directory. */
export async function buildSmallSnapshot(
  changes: Partial<BuildOptions> = {},
  data: SyntheticData = smallData,
  store = new SnapshotStore(mkdtempSync(join(tmpdir(), 'shortlist-snapshot-'))),
): Promise<{ store: SnapshotStore; manifest: Manifest }> {
  const options: BuildOptions = {
    training: { algorithm: 'als', options: { factors: 12, iterations: 5 } },
    sources: ['exact', 'clusters', 'hnsw'],
    recallTarget: 0.99,
    seed: 1,
    keep: 3,
    ...changes,
  };
  return { store, manifest: await buildSnapshot(store, data.table, data.catalogue, options, silentProgress) };
}
