import { messageOf, ShortlistError } from '../errors.js';
import type { Snapshot } from './snapshot.js';
import type { SnapshotStore } from './store.js';

/**
 * The current snapshot, or where it cannot be used, whatever the reason, the newest one that can.
 * @param warn called for each that is passed over, with the reason
 * @throws {ShortlistError} `no-snapshot`
 */
export function loadNewestSnapshot(store: SnapshotStore, warn: (message: string) => void): Promise<Snapshot> {
  return loadNewest(store, warn, id => store.open(id));
}

/** The same with another way to load a snapshot. */
export async function loadNewest<Loaded>(
  store: SnapshotStore,
  warn: (message: string) => void,
  load: (id: string) => Promise<Loaded>,
): Promise<Loaded> {
  const ids = await store.candidates(warn);
  for (const id of ids) {
    try {
      return await load(id);
    } catch (error) {
      warn(`Snapshot ${id} is passed over. ${messageOf(error)}`);
    }
  }
  throw new ShortlistError(
    'no-snapshot',
    `There is no ${ids.length > 0 ? 'usable ' : ''}snapshot in ${store.directory}.`,
    { directory: store.directory, damaged: ids },
  );
}
