import { runWorkers } from '../base/threads/pool.js';
import { type SnapshotData, takeOverSnapshot } from '../snapshot/hand-over.js';
import { loadNewest } from '../snapshot/newest-snapshot.js';
import type { StoredSnapshot } from '../snapshot/snapshot.js';
import type { PreparedSources } from '../snapshot/sources.js';
import type { SnapshotStore } from '../snapshot/store.js';
import { openRecommender } from './open-recommender.js';
import { type PrecomputedData, PrecomputedLists } from './precomputed.js';
import type { UserEvents } from './recommendation.js';
import type { Recommender } from './recommender.js';

/** What is to be loaded. */
export interface LoadOptions {
  readonly store: SnapshotStore;
  /** Undefined: the newest good one, the current one first. */
  readonly id?: string | undefined;
  /** File of lists that a batch made, to answer from where they are of the same snapshot. */
  readonly precomputed?: string | undefined;
  /** See `Recommender.warmUp`: a snapshot that cannot answer counts as damaged too. Default 0. */
  readonly warmUpRounds?: number;
}

/** What the thread that loads is given. Its manifest comes validated: zod alone would take it longer than all files. */
export interface LoadTask {
  readonly stored: StoredSnapshot;
  readonly precomputed: string | undefined;
}

export type LoadMessage = { readonly warning: string } | Loaded;

interface Loaded {
  readonly snapshot: SnapshotData;
  readonly prepared: PreparedSources;
  readonly precomputed: PrecomputedData | undefined;
}

/**
 * Loads a snapshot without holding up this thread: another one reads it, verifies it and prepares its sources, and then
 * hands over the memory. Here it is warmed.
 * @param warn called for snapshots that were passed over, for lists that cannot be used, and by `openRecommender`
 * @param events what users did since the snapshot was made
 * @throws {ShortlistError} `snapshot-damaged`, `no-snapshot`
 */
export function loadInBackground(
  { store, id, precomputed, warmUpRounds = 0 }: LoadOptions,
  warn: (message: string) => void,
  events?: UserEvents,
): Promise<Recommender> {
  const load = async (one: string) => {
    const recommender = await store.reading(one, stored => loadInThread({ stored, precomputed }, warn, events));
    await recommender.warmUp(warmUpRounds);
    return recommender;
  };
  return id === undefined ? loadNewest(store, warn, load) : load(id);
}

async function loadInThread(
  task: LoadTask,
  warn: (message: string) => void,
  events: UserEvents | undefined,
): Promise<Recommender> {
  const loaded: Loaded[] = [];
  await runWorkers<LoadTask, LoadMessage>(new URL('./load-worker.js', import.meta.url), {
    purpose: 'loads a snapshot',
    threads: 1,
    job: task,
    onMessage: message => ('warning' in message ? warn(message.warning) : loaded.push(message)),
  });
  const { snapshot, prepared, precomputed } = loaded[0]!;
  const lists = precomputed && new PrecomputedLists(precomputed);
  return openRecommender(takeOverSnapshot(snapshot), warn, prepared, lists, events);
}
