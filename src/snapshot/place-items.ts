import { Arena } from '../base/kernels/arena.js';
import type { Matrix } from '../base/numeric/matrix.js';
import { type Dataset, reorderItems, withItems } from '../learn/dataset/dataset.js';
import { coldVectors } from '../learn/model/cold-items.js';
import type { Objective } from '../learn/model/objective.js';
import type { CatalogueItem } from '../learn/ratings/ratings-table.js';
import { buildCells, type CellsOptions } from '../retrieve/build-cells.js';
import { type Cells, renumberItems } from '../retrieve/cells.js';

/** Items as training leaves them. */
export interface TrainedItems {
  /** Its items are the rows of the factors. */
  readonly dataset: Dataset;
  readonly itemFactors: Matrix;
  readonly catalogue: readonly CatalogueItem[];
  readonly objective: Pick<Objective, 'algorithm'>;
}

/** All items of a snapshot, those without ratings too, numbered in cell order. */
export interface PlacedItems {
  /** The memory of the factors. */
  readonly arena: Arena;
  readonly itemFactors: Matrix;
  readonly cells: Cells;
  readonly dataset: Dataset;
  /** Indices, ascending, of the items that were not trained. */
  readonly coldItems: Uint32Array;
}

/** Gives cold items their vectors, builds cells and numbers the items by them. */
export async function placeItems(
  { dataset, itemFactors: trained, catalogue, objective }: TrainedItems,
  options: CellsOptions,
): Promise<PlacedItems> {
  const arena = Arena.create();
  const cold = coldVectors(dataset, trained, catalogue, objective.algorithm);
  const itemFactors = arena.matrix(trained.rows + cold.ids.length, trained.columns);
  itemFactors.data.set(trained.data);
  itemFactors.data.set(cold.factors.data, trained.data.length);
  const all = withItems(dataset, cold.ids);
  // By id first: cells, and with them what an approximate search misses, then do not depend on where factors come from.
  const byId = ascendingIds(all.items.ids);
  renumberItems(itemFactors, byId);
  const { order: byCell, cells } = await buildCells(arena, itemFactors, options);
  renumberItems(itemFactors, byCell);
  const order = byCell.map(item => byId[item]!);
  const coldItems = order.map((_, item) => item).filter(item => order[item]! >= trained.rows);
  return { arena, itemFactors, cells, dataset: reorderItems(all, order), coldItems };
}

/** The positions of ids in their ascending order. */
function ascendingIds(ids: readonly string[]): Uint32Array {
  return Uint32Array.from(ids.keys()).sort((a, b) => (ids[a]! < ids[b]! ? -1 : 1));
}
