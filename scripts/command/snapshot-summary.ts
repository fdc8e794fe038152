import type { Manifest } from '../../src/snapshot/manifest.js';
import type { SnapshotStore } from '../../src/snapshot/store.js';
import { commandLine } from './command-line.js';

/** What the commands that publish a snapshot say of it with `--json`. */
export type SnapshotSummary = Awaited<ReturnType<typeof summaryOf>>;

/** @param timing seconds to read the input, and from the first to the last moment */
export async function summaryOf(manifest: Manifest, store: SnapshotStore, timing: { read: number; total: number }) {
  const { id, dataset, retrieval, seconds, files } = manifest;
  const bytes = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, file.bytes]));
  return {
    snapshot: id,
    path: (await store.locate(id)).directory,
    users: dataset.users,
    items: dataset.items,
    ratings: dataset.ratings,
    duplicates: dataset.duplicates,
    rejected: dataset.rejected,
    seconds: { ...seconds, ...timing } as Record<string, number> & typeof timing,
    operatingPoint: retrieval.operatingPoint,
    targetReached: retrieval.targetReached,
    recall: retrieval.checked.recall,
    recallAt10: retrieval.checked.recallAtLimit,
    bytes: { ...bytes, total: Object.values(bytes).reduce((sum, size) => sum + size, 0) },
  };
}

export function printSummary(summary: SnapshotSummary): string {
  const { snapshot, path, users, items, ratings, seconds, operatingPoint, recall } = summary;
  return [
    `Snapshot ${snapshot} is current: ${users} users, ${items} items, ${ratings} ratings, ${seconds.total.toFixed(1)} s.`,
    `It serves from ${operatingPoint.source} (effort ${operatingPoint.effort}) and finds ${(recall * 100).toFixed(2)} % of the exact candidates.`,
    `Serve it: SNAPSHOTS=${path.slice(0, path.lastIndexOf('/'))} ${commandLine('start')}`,
  ].join('\n');
}
