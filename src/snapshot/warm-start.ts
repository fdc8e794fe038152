import { ShortlistError } from '../errors.js';
import type { KnownFactors } from '../learn/training/warm-start.js';
import { loadNewestSnapshot } from './newest-snapshot.js';
import type { Snapshot } from './snapshot.js';
import type { SnapshotStore } from './store.js';

/**
 * The factors that a training of implicit ALS can begin with, to need fewer iterations: those of the current snapshot, or
 * where it is damaged of the newest one that is not.
 * @param factors how many the training is to have
 * @param note called with which snapshot it is, and with each damaged one
 * @returns undefined where there is no snapshot yet
 * @throws {ShortlistError} `invalid-option` for a snapshot of another algorithm or number of factors
 * @example
 * const warmStart = await earlierFactors(store, 256, console.log);
 * await buildSnapshot(store, ratings, { warmStart, training: { algorithm: 'als', options: { iterations: 2 } } });
 */
export async function earlierFactors(
  store: SnapshotStore,
  factors: number,
  note: (line: string) => void,
): Promise<KnownFactors | undefined> {
  const snapshot = await newest(store, note);
  if (!snapshot) return undefined;
  const { id, objective } = snapshot.manifest;
  const { users, items, userFactors, itemFactors } = snapshot;
  if (objective.algorithm !== 'als') {
    throw new ShortlistError(
      'invalid-option',
      `A warm start needs a snapshot that was trained with als, and ${id} was trained with ${objective.algorithm}. ` +
        'Train without `warmStart`.',
      { snapshot: id, algorithm: objective.algorithm },
    );
  }
  if (itemFactors.columns !== factors) {
    throw new ShortlistError(
      'invalid-option',
      `A warm start needs the snapshot's number of factors: ${id} has ${itemFactors.columns}, ` +
        `this training ${factors}. Train with \`factors\` ${itemFactors.columns}, or without \`warmStart\`.`,
      { snapshot: id, has: itemFactors.columns, wanted: factors },
    );
  }
  note(`warm start from snapshot ${id}: ${users.size} users, ${items.size} items`);
  return { origin: id, users, items, userFactors, itemFactors };
}

async function newest(store: SnapshotStore, note: (line: string) => void): Promise<Snapshot | undefined> {
  try {
    return await loadNewestSnapshot(store, note);
  } catch (error) {
    if (!(error instanceof ShortlistError && error.code === 'no-snapshot')) throw error;
    note(`There is no snapshot in ${store.directory} to start from: training begins with random factors.`);
    return undefined;
  }
}
