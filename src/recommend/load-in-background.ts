import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { type ErrorCode, messageOf, ShortlistError } from '../errors.js';
import { type SnapshotData, takeOverSnapshot } from '../snapshot/hand-over.js';
import { loadNewest, readManifest } from '../snapshot/load-snapshot.js';
import type { Manifest } from '../snapshot/manifest.js';
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
}

/** What the thread that loads is given. Its manifest comes validated: zod alone would take it longer than all files. */
export interface LoadTask {
  /** Of the snapshot. */
  readonly directory: string;
  readonly manifest: Manifest;
  readonly precomputed: string | undefined;
}

export type LoadMessage =
  | { readonly kind: 'warning'; readonly text: string }
  | {
      readonly kind: 'loaded';
      readonly snapshot: SnapshotData;
      readonly prepared: PreparedSources;
      readonly precomputed: PrecomputedData | undefined;
    }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly text: string; readonly fields: object };

/**
 * Loads a snapshot without holding up this thread: another one reads it, verifies it and prepares its sources, and then
 * hands over the memory.
 * @param warn is told of damaged snapshots that were passed over, of lists that cannot be used, and of what
 *   `openRecommender` warns of
 * @param events what users did since the snapshot was made
 * @throws {ShortlistError} `snapshot-damaged`, `no-snapshot`
 */
export function loadInBackground(
  { store, id, precomputed }: LoadOptions,
  warn: (message: string) => void,
  events?: UserEvents,
): Promise<Recommender> {
  const load = async (one: string) => {
    const directory = store.pathOf(one);
    return loadInThread({ directory, manifest: await readManifest(directory), precomputed }, warn, events);
  };
  return id === undefined ? loadNewest(store, warn, load) : load(id);
}

async function loadInThread(
  task: LoadTask,
  warn: (message: string) => void,
  events: UserEvents | undefined,
): Promise<Recommender> {
  const path = createRequire(import.meta.url).resolve('#dist/src/recommend/load-worker.js');
  const worker = new Worker(path, { workerData: task });
  const { snapshot, prepared, precomputed } = await new Promise<LoadMessage & { kind: 'loaded' }>((resolve, reject) => {
    worker.on('message', (message: LoadMessage) => {
      if (message.kind === 'warning') warn(message.text);
      else if (message.kind === 'loaded') resolve(message);
      else reject(new ShortlistError(message.code, message.text, { ...message.fields }));
    });
    worker.once('error', error => reject(loadFailed(messageOf(error), error)));
    worker.once('exit', code => reject(loadFailed(`it ended with code ${code}`)));
  });
  const lists = precomputed && new PrecomputedLists(precomputed);
  return openRecommender(takeOverSnapshot(snapshot), warn, prepared, lists, events);
}

function loadFailed(reason: string, cause?: unknown): ShortlistError {
  return new ShortlistError(
    'worker-failed',
    `The thread that loads a snapshot failed: ${reason}.`,
    { reason },
    { cause },
  );
}
