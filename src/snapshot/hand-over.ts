import { Arena, type ArenaState } from '../base/kernels/arena.js';
import { createMatrix } from '../base/numeric/matrix.js';
import { IdMap, type IdMapData, type ItemIndex, type UserIndex } from '../learn/dataset/id-map.js';
import { Catalogue, type CatalogueData } from '../learn/model/catalogue.js';
import { ItemSearch, type ItemSearchData } from '../learn/model/item-search.js';
import type { Snapshot } from './snapshot.js';

/** A snapshot as plain objects and arrays, which is what can go from one thread to another. */
export interface SnapshotData extends Omit<Snapshot, 'arena' | 'users' | 'items' | 'catalogue' | 'search'> {
  readonly arena: ArenaState;
  readonly users: IdMapData;
  readonly items: IdMapData;
  readonly catalogue: CatalogueData;
  readonly search: ItemSearchData;
}

/** The snapshot must not be used any more once another thread has taken it over: they would share one arena. */
export function handOverSnapshot(snapshot: Snapshot): SnapshotData {
  const { arena, users, items, catalogue, search } = snapshot;
  return {
    ...snapshot,
    arena: arena.handOver(),
    users: users.data,
    items: items.data,
    catalogue: catalogue.data,
    search: search.data,
  };
}

/** The snapshot that another thread handed over. Nothing is read, parsed or copied. */
export function takeOverSnapshot(data: SnapshotData): Snapshot {
  const arena = Arena.takeOver(data.arena);
  const { rows, columns, data: floats } = data.itemFactors;
  return {
    ...data,
    arena,
    users: new IdMap<UserIndex>(data.users),
    items: new IdMap<ItemIndex>(data.items),
    // On its way an array of shared memory got a buffer object of its own; the arena knows its rows by that.
    itemFactors: createMatrix(rows, columns, new Float32Array(arena.memory.buffer, floats.byteOffset, floats.length)),
    catalogue: new Catalogue(data.catalogue),
    search: new ItemSearch(data.search),
  };
}
