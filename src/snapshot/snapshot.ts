import { join } from 'node:path';
import { Arena } from '../base/kernels/arena.js';
import { createMatrix, type Matrix, strideOf } from '../base/numeric/matrix.js';
import { PackedStrings, type PackedStringsData } from '../base/numeric/packed-strings.js';
import type { Csr } from '../base/numeric/sparse.js';
import { IdMap, type IdMapData, type ItemIndex, slotsFor, type UserIndex } from '../learn/dataset/id-map.js';
import type { AttributeColumn } from '../learn/model/attributes.js';
import { Catalogue } from '../learn/model/catalogue.js';
import type { GramBasis } from '../learn/model/gram-basis.js';
import { ItemSearch } from '../learn/model/item-search.js';
import { type Popularity, RANKER_NAMES } from '../learn/model/popularity.js';
import type { Cells } from '../retrieve/cells.js';
import { damaged, readVerified, type SnapshotFiles } from './files.js';
import type { Manifest } from './manifest.js';

/** Name of the HNSW graph's file, which its library writes and reads by itself. */
export const HNSW_FILE = 'hnsw.bin';

const COLD_FILE = 'cold-items.u32';
const UNAVAILABLE_FILE = 'unavailable-items.u32';
const AVERAGE_USER_FILE = 'average-user.f32';

/** All that a snapshot holds beside the manifest and the HNSW graph, in memory. */
export interface SnapshotContent {
  readonly users: IdMap<UserIndex>;
  readonly items: IdMap<ItemIndex>;
  readonly userFactors: Matrix;
  /** In cell order: see `cells`. */
  readonly itemFactors: Matrix;
  /** QᵀQ of the item factors that were trained: of all but the cold ones. */
  readonly gram: Float64Array;
  readonly cells: Cells;
  /** Users × items: the interactions that the model was trained on. */
  readonly seen: Csr;
  readonly catalogue: Catalogue;
  readonly popularity: Popularity;
  /** Indices, ascending, of the items without ratings, whose vectors come from their categories. */
  readonly coldItems: Uint32Array;
  /** Indices, ascending, of the items that must not be recommended. */
  readonly unavailableItems: Uint32Array;
  /** The vector that users of few interactions are blended with, or null where none are. */
  readonly averageUser: Float32Array | null;
}

/** A snapshot as files on this machine; only the manifest was read. */
export interface StoredSnapshot {
  readonly manifest: Manifest;
  readonly directory: string;
}

/** A snapshot that was read and verified. */
export interface Snapshot extends SnapshotContent, StoredSnapshot {
  /** The memory of `itemFactors`, for the candidate sources. */
  readonly arena: Arena;
  readonly search: ItemSearch;
  /** Of `gram`, where the thread that loaded the snapshot has found it. */
  readonly gramBasis?: GramBasis;
}

/** Writes all files of `content`. */
export async function writeContent(files: SnapshotFiles, content: SnapshotContent): Promise<void> {
  const { users, items, userFactors, itemFactors, gram, cells, seen, catalogue, popularity } = content;
  await writeIds(files, 'user', users);
  await writeIds(files, 'item', items);
  await files.array('user-factors.f32', userFactors.data);
  await files.array('item-factors.f32', itemFactors.data);
  await files.array('gram.f64', gram);
  await files.array('cell-starts.u32', cells.starts);
  await files.array('cell-centroids.f32', cells.centroids.data);
  await files.array('seen-starts.u32', seen.starts);
  await files.array('seen-items.u32', seen.indices);
  await files.array('seen-values.f32', seen.values);
  const { titles, categories, ofItem, members, attributes } = catalogue.data;
  await files.strings('titles', titles);
  await files.strings('categories', PackedStrings.of(categories).data);
  await files.array('item-category-starts.u32', ofItem.starts);
  await files.array('item-categories.u32', ofItem.numbers);
  await files.array('category-item-starts.u32', members.starts);
  await files.array('category-items.u32', members.items);
  for (const [i, column] of attributes.entries()) await writeAttribute(files, `attribute-${i}`, column);
  await files.strings('search-texts', ItemSearch.of(items, catalogue, popularity.count.order).data.texts);
  // Only where there are any; without the file there are none.
  if (content.coldItems.length > 0) await files.array(COLD_FILE, content.coldItems);
  if (content.unavailableItems.length > 0) await files.array(UNAVAILABLE_FILE, content.unavailableItems);
  if (content.averageUser) await files.array(AVERAGE_USER_FILE, content.averageUser);
  for (const name of RANKER_NAMES) {
    await files.array(`popularity-${name}.f32`, popularity[name].scores);
    await files.array(`popularity-${name}.u32`, popularity[name].order);
  }
}

async function writeIds(files: SnapshotFiles, kind: string, { data }: IdMap<UserIndex | ItemIndex>): Promise<void> {
  await files.strings(`${kind}-ids`, data.ids);
  await files.array(`${kind}-id-slots.u32`, data.slots);
}

/** Names and kinds stand in the manifest. */
async function writeAttribute(files: SnapshotFiles, name: string, column: AttributeColumn): Promise<void> {
  if ('values' in column) {
    await files.array(`${name}.f64`, column.values);
  } else {
    await files.strings(`${name}-texts`, column.texts);
    await files.array(`${name}-starts.u32`, column.starts);
    await files.array(`${name}-numbers.u32`, column.numbers);
  }
}

/**
 * Reads a snapshot and verifies every file that it needs against the manifest. It holds up the thread, which is what a
 * thread of its own is for: `loadInBackground`.
 * @throws {ShortlistError} `snapshot-damaged`
 */
export function readContent({ directory, manifest }: StoredSnapshot): Snapshot {
  const { columns } = manifest.model;
  const arena = Arena.create();
  const read = new SnapshotReader(directory, manifest);

  const users = new IdMap<UserIndex>(read.ids('user', manifest.dataset.users));
  const items = new IdMap<ItemIndex>(read.ids('item', manifest.dataset.items + manifest.dataset.coldItems));
  const categories = new PackedStrings(read.strings('categories')).all();
  const starts = read.uint32('cell-starts.u32');
  const cellCount = starts.length - 1;
  const rankings = RANKER_NAMES.map(name => {
    const scores = read.float32(`popularity-${name}.f32`, items.size);
    return [name, { scores, order: read.uint32(`popularity-${name}.u32`, items.size) }];
  });
  const popularity = Object.fromEntries(rankings) as Popularity;
  return {
    manifest,
    directory,
    arena,
    users,
    items,
    userFactors: read.matrix('user-factors.f32', users.size, columns),
    itemFactors: read.matrix('item-factors.f32', items.size, columns, arena),
    gram: read.float64('gram.f64', columns * columns),
    cells: { starts, centroids: read.matrix('cell-centroids.f32', cellCount, columns) },
    seen: {
      rows: users.size,
      columns: items.size,
      starts: read.uint32('seen-starts.u32', users.size + 1),
      indices: read.uint32('seen-items.u32', manifest.dataset.ratings),
      values: read.float32('seen-values.f32', manifest.dataset.ratings),
    },
    catalogue: new Catalogue({
      titles: read.strings('titles', items.size),
      categories,
      ofItem: {
        starts: read.uint32('item-category-starts.u32', items.size + 1),
        numbers: read.uint32('item-categories.u32'),
      },
      members: {
        starts: read.uint32('category-item-starts.u32', categories.length + 1),
        items: read.uint32('category-items.u32'),
      },
      attributes: (manifest.dataset.attributes ?? []).map((attribute, i) => read.attribute(i, attribute, items.size)),
    }),
    popularity,
    coldItems: read.has(COLD_FILE) ? read.uint32(COLD_FILE) : new Uint32Array(0),
    unavailableItems: read.has(UNAVAILABLE_FILE) ? read.uint32(UNAVAILABLE_FILE) : new Uint32Array(0),
    averageUser: read.has(AVERAGE_USER_FILE) ? read.float32(AVERAGE_USER_FILE, columns) : null,
    search: ItemSearch.read({ order: popularity.count.order, texts: read.strings('search-texts', items.size) }),
  };
}

/**
 * Checks a file that a library reads by itself.
 * @throws {ShortlistError} `snapshot-damaged`
 */
export function verifyFile({ directory, manifest }: StoredSnapshot, name: string): void {
  readVerified(directory, name, manifest.files[name], bytes => new Uint8Array(bytes));
}

/** Reads files into typed arrays and checks that they have the lengths they must have. */
class SnapshotReader {
  constructor(
    private readonly directory: string,
    private readonly manifest: Manifest,
  ) {}

  /** Whether the snapshot has the file, where not all have it. */
  has(name: string): boolean {
    return this.manifest.files[name] !== undefined;
  }

  ids(kind: string, count: number): IdMapData {
    const ids = this.strings(`${kind}-ids`, count);
    return { ids, slots: this.uint32(`${kind}-id-slots.u32`, slotsFor(count)) };
  }

  strings(name: string, count?: number): PackedStringsData {
    const starts = this.uint32(`${name}-starts.u32`, count === undefined ? undefined : count + 1);
    const bytes = this.#bytes(`${name}.u16`, 2, starts.at(-1));
    return { units: new Uint16Array(bytes.buffer), starts };
  }

  attribute(number: number, { name, kind }: Pick<AttributeColumn, 'name' | 'kind'>, items: number): AttributeColumn {
    const file = `attribute-${number}`;
    if (kind === 'number' || kind === 'boolean') return { name, kind, values: this.float64(`${file}.f64`, items) };
    const starts = this.uint32(`${file}-starts.u32`, items + 1);
    return {
      name,
      kind,
      texts: this.strings(`${file}-texts`),
      starts,
      numbers: this.uint32(`${file}-numbers.u32`, starts.at(-1)),
    };
  }

  uint32(name: string, length?: number): Uint32Array {
    return new Uint32Array(this.#bytes(name, 4, length).buffer);
  }

  float32(name: string, length?: number): Float32Array {
    return new Float32Array(this.#bytes(name, 4, length).buffer);
  }

  float64(name: string, length: number): Float64Array {
    return new Float64Array(this.#bytes(name, 8, length).buffer);
  }

  /** A matrix in memory of its own, or in an arena. */
  matrix(name: string, rows: number, columns: number, arena?: Arena): Matrix {
    const length = rows * strideOf(columns);
    const data = arena ? arena.float32(length) : new Float32Array(length);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#bytes(name, 4, length, () => bytes);
    return createMatrix(rows, columns, data);
  }

  #bytes(
    name: string,
    elementBytes: number,
    length?: number,
    allocate = (bytes: number): Uint8Array => new Uint8Array(bytes),
  ): Uint8Array {
    const facts = this.manifest.files[name];
    const bytes = facts?.bytes ?? 0;
    if (bytes % elementBytes !== 0 || (length !== undefined && bytes !== length * elementBytes)) {
      throw damaged(
        join(this.directory, name),
        `the manifest gives it ${bytes} bytes, ${(length ?? 0) * elementBytes} expected`,
      );
    }
    return readVerified(this.directory, name, facts, allocate);
  }
}
