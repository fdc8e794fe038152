import { strideOf } from '../base/numeric/matrix.js';
import type { Dataset } from '../learn/dataset/dataset.js';
import { slotsFor } from '../learn/dataset/id-map.js';
import { RANKER_NAMES } from '../learn/model/popularity.js';
import type { CatalogueItem } from '../learn/ratings/ratings-table.js';
import { defaultCellCount } from '../retrieve/cells.js';

/** What is known of a snapshot before it is trained. */
export interface PlannedSnapshot {
  readonly dataset: Pick<Dataset, 'users' | 'items' | 'byUser'>;
  readonly catalogue: readonly CatalogueItem[];
  /** Of the factors. */
  readonly columns: number;
  /** Whether it gets an HNSW graph. */
  readonly hnsw: boolean;
}

/** Links of an item in the lowest layer of the graph, and in all above it, at the `m` of 16 that builds use. */
const GRAPH_LINKS = 32 + 4;
/** The manifest, and what file systems add to each of some fifty files. */
const SURROUNDINGS = 50 * 4096 + 65_536;

/**
 * About how many bytes the files of a snapshot take: all that can be counted, as if each item that the catalogue names got a
 * vector. A little too many rather than too few.
 */
export function snapshotBytes({ dataset, catalogue, columns, hnsw }: PlannedSnapshot): number {
  const users = dataset.users.size;
  const cold = catalogue.filter(item => dataset.items.indexOf(item.itemId) === undefined);
  const items = dataset.items.size + cold.length;
  const row = 4 * strideOf(columns);
  const itemIds = dataset.items.data.ids.units.length + unitsOf(cold.map(item => item.itemId));
  const titles = unitsOf(catalogue.map(item => item.title ?? ''));
  const factors = row * (users + items + defaultCellCount(items)) + 8 * columns ** 2;
  const seen = 4 * users + 8 * dataset.byUser.values.length;
  const userIds = 2 * dataset.users.data.ids.units.length + 4 * users + 4 * slotsFor(users);
  // Ids and titles stand in the texts to be searched once more.
  const names = 4 * (itemIds + titles) + 2 * items + 3 * 4 * items + 4 * slotsFor(items);
  const lists = 8 * RANKER_NAMES.length * items + 2 * 4 * items;
  const graph = hnsw ? items * (4 * (columns + 1) + 4 * GRAPH_LINKS + 8 + 8) : 0;
  return (
    factors +
    seen +
    userIds +
    names +
    lists +
    categoryBytes(catalogue, items) +
    attributeBytes(catalogue, items) +
    graph +
    SURROUNDINGS
  );
}

function categoryBytes(catalogue: readonly CatalogueItem[], items: number): number {
  const names = new Set<string>();
  let members = 0;
  for (const { categories } of catalogue) {
    members += categories.length;
    for (const name of categories) names.add(name);
  }
  return 4 * items + 8 * members + textsBytes(names);
}

function attributeBytes(catalogue: readonly CatalogueItem[], items: number): number {
  const texts = new Map<string, Set<string>>();
  const numeric = new Set<string>();
  let entries = 0;
  for (const { attributes = {} } of catalogue) {
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === 'number' || typeof value === 'boolean') {
        numeric.add(name);
        continue;
      }
      const distinct = texts.get(name) ?? new Set();
      texts.set(name, distinct);
      for (const text of typeof value === 'string' ? [value] : (value ?? [])) {
        distinct.add(text);
        entries++;
      }
    }
  }
  const columns = 8 * items * numeric.size + 4 * items * texts.size + 4 * entries;
  return [...texts.values()].reduce((sum, distinct) => sum + textsBytes(distinct), columns);
}

/** Of a list of strings, each once. */
function textsBytes(texts: ReadonlySet<string>): number {
  return 2 * unitsOf([...texts]) + 4 * (texts.size + 1);
}

function unitsOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + text.length, 0);
}
