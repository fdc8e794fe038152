import { join } from 'node:path';
import { Arena } from '../base/kernels/arena.js';
import { checkMatrix, createMatrix, type Matrix, strideOf } from '../base/numeric/matrix.js';
import {
  checkAlphabetical,
  checkPackedStrings,
  PackedStrings,
  type PackedStringsData,
} from '../base/numeric/packed-strings.js';
import { type Csr, checkCsr } from '../base/numeric/sparse.js';
import { checkBelow, checkFinite, checkRising } from '../base/numeric/table-checks.js';
import { messageOf } from '../errors.js';
import {
  checkIdMap,
  IdMap,
  type IdMapData,
  type ItemIndex,
  slotsFor,
  type UserIndex,
} from '../learn/dataset/id-map.js';
import { type AttributeColumn, checkAttribute } from '../learn/model/attributes.js';
import { Catalogue, type CatalogueData, checkCategories } from '../learn/model/catalogue.js';
import type { GramBasis } from '../learn/model/gram-basis.js';
import { ItemSearch } from '../learn/model/item-search.js';
import { checkPopularity, type Popularity, RANKER_NAMES } from '../learn/model/popularity.js';
import { type Cells, checkCellStarts } from '../retrieve/cells.js';
import type { HnswParameters } from '../retrieve/hnsw.js';
import { checkGraph } from '../retrieve/hnsw-file.js';
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
 * Reads a snapshot and verifies every file against the manifest, then what is in them against all that the rest of the code
 * takes for granted: a checksum only says that a file is as somebody wrote it. It holds up the thread, which is what a
 * thread of its own is for: `loadInBackground`.
 * @throws {ShortlistError} `snapshot-damaged`
 */
export function readContent({ directory, manifest }: StoredSnapshot): Snapshot {
  const { dataset, model, retrieval } = manifest;
  const { columns } = model;
  const arena = Arena.create();
  const read = new SnapshotReader(directory, manifest);

  const users = new IdMap<UserIndex>(read.ids('user', dataset.users));
  const items = new IdMap<ItemIndex>(read.ids('item', dataset.items + dataset.coldItems));
  // First of the files of factors: it bounds the columns.
  const gram = read.gram('gram.f64', columns);
  const itemFactors = read.matrix('item-factors.f32', items.size, columns, arena);
  const popularity = read.popularity(items.size);
  const snapshot: Snapshot = {
    manifest,
    directory,
    arena,
    users,
    items,
    userFactors: read.matrix('user-factors.f32', users.size, columns),
    itemFactors,
    gram,
    cells: read.cells(items.size, columns),
    seen: read.csr('seen', users.size, items.size, dataset.ratings),
    catalogue: new Catalogue(read.catalogue(items.size, dataset.attributes)),
    popularity,
    coldItems: read.rising(COLD_FILE, dataset.coldItems, items.size),
    unavailableItems: read.below(UNAVAILABLE_FILE, items.size),
    averageUser: read.has(AVERAGE_USER_FILE) ? read.vector(AVERAGE_USER_FILE, columns) : null,
    search: ItemSearch.read({ order: popularity.count.order, texts: read.strings('search-texts', items.size) }),
  };
  // The library trusts its file blindly: a damaged one could take the process with it.
  if (retrieval.hnsw || read.has(HNSW_FILE)) read.graph(HNSW_FILE, itemFactors, retrieval.hnsw);
  return snapshot;
}

/** Reads files into typed arrays and checks that they have the lengths they must have, and what is in them. */
class SnapshotReader {
  constructor(
    private readonly directory: string,
    private readonly manifest: Manifest,
  ) {}

  /** Whether the snapshot has the file, where not all have it. */
  has(name: string): boolean {
    return Object.hasOwn(this.manifest.files, name);
  }

  ids(kind: string, count: number): IdMapData {
    const ids = this.strings(`${kind}-ids`, count);
    const slots = `${kind}-id-slots.u32`;
    return this.#checked(slots, { ids, slots: this.#uint32(slots, slotsFor(count)) }, checkIdMap);
  }

  strings(name: string, least: number, most = least): PackedStringsData {
    const file = `${name}-starts.u32`;
    const starts = this.#uint32(file, least + 1, most + 1);
    const bytes = this.#bytes(`${name}.u16`, 2, starts.at(-1));
    return this.#checked(file, { units: new Uint16Array(bytes.buffer), starts }, checkPackedStrings);
  }

  catalogue(items: number, attributes: Manifest['dataset']['attributes'] = []): CatalogueData {
    const ofItem = this.#runs('item-category-starts.u32', 'item-categories.u32', items);
    const most = ofItem.numbers.length;
    const names = this.#checked('categories.u16', this.strings('categories', 0, most), checkAlphabetical);
    const categories = new PackedStrings(names).all();
    const members = this.#runs('category-item-starts.u32', 'category-items.u32', categories.length);
    const titles = this.strings('titles', items);
    const data: CatalogueData = {
      titles,
      categories,
      ofItem,
      members: { starts: members.starts, items: members.numbers },
      attributes: attributes.map((attribute, i) => this.#attribute(i, attribute, items)),
    };
    return this.#checked('category-items.u32', data, checkCategories);
  }

  popularity(items: number): Popularity {
    const rankings = RANKER_NAMES.map(name => {
      const file = `popularity-${name}`;
      return [name, { scores: this.#float32(`${file}.f32`, items), order: this.#uint32(`${file}.u32`, items) }];
    });
    return this.#checked('popularity-count.f32', Object.fromEntries(rankings) as Popularity, checkPopularity);
  }

  cells(items: number, columns: number): Cells {
    const file = 'cell-starts.u32';
    const starts = this.#checked(file, this.#uint32(file, 2, items + 1), all => checkCellStarts(all, items));
    return { starts, centroids: this.matrix('cell-centroids.f32', starts.length - 1, columns) };
  }

  csr(name: string, rows: number, columns: number, entries: number): Csr {
    const file = `${name}-items.u32`;
    const starts = this.#uint32(`${name}-starts.u32`, rows + 1);
    const indices = this.#uint32(file, entries);
    const values = this.#float32(`${name}-values.f32`, entries);
    return this.#checked(file, { rows, columns, starts, indices, values }, checkCsr);
  }

  gram(name: string, columns: number): Float64Array {
    const values = new Float64Array(this.#bytes(name, 8, columns * columns).buffer);
    return this.#checked(name, values, checkFinite);
  }

  vector(name: string, columns: number): Float32Array {
    const vector = this.#float32(name, columns);
    const row = createMatrix(1, columns);
    row.data.set(vector);
    this.#checked(name, row, checkMatrix);
    return vector;
  }

  /** A matrix in memory of its own, or in an arena. */
  matrix(name: string, rows: number, columns: number, arena?: Arena): Matrix {
    const length = rows * strideOf(columns);
    let data: Float32Array = new Float32Array(0);
    this.#bytes(name, 4, length, length, () => {
      data = arena ? arena.float32(length) : new Float32Array(length);
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    });
    return this.#checked(name, createMatrix(rows, columns, data), checkMatrix);
  }

  /** Numbers of some of `bound` rows, ascending; where there are none, there is no file. */
  rising(name: string, count: number, bound: number): Uint32Array {
    if (count === 0) return new Uint32Array(0);
    return this.#checked(name, this.#uint32(name, count), numbers => checkRising(numbers, bound));
  }

  /** Numbers of some of `bound` rows; where there are none, there is no file. */
  below(name: string, bound: number): Uint32Array {
    if (!this.has(name)) return new Uint32Array(0);
    return this.#checked(name, this.#uint32(name, 1, bound), numbers => checkBelow(numbers, bound));
  }

  /** Checks the file of a graph, which a library reads by itself, and what the manifest says of it. */
  graph(name: string, items: Matrix, parameters: HnswParameters | null): void {
    const bytes = this.#bytes(name, 4, 0, Number.POSITIVE_INFINITY);
    if (parameters) this.#checked(name, bytes, graph => checkGraph(graph, items, parameters));
  }

  #attribute(number: number, { name, kind }: Pick<AttributeColumn, 'name' | 'kind'>, items: number): AttributeColumn {
    const file = `attribute-${number}`;
    if (kind === 'number' || kind === 'boolean') {
      const values = new Float64Array(this.#bytes(`${file}.f64`, 8, items).buffer);
      return this.#checked(`${file}.f64`, { name, kind, values }, checkAttribute);
    }
    const { starts, numbers } = this.#runs(`${file}-starts.u32`, `${file}-numbers.u32`, items);
    const texts = this.strings(`${file}-texts`, 0, numbers.length);
    return this.#checked(`${file}-numbers.u32`, { name, kind, texts, starts, numbers }, checkAttribute);
  }

  /** Lists of numbers, one after the other. */
  #runs(starts: string, numbers: string, count: number): { starts: Uint32Array; numbers: Uint32Array } {
    const all = this.#uint32(starts, count + 1);
    return { starts: all, numbers: this.#uint32(numbers, all.at(-1)) };
  }

  #uint32(name: string, least?: number, most?: number): Uint32Array {
    return new Uint32Array(this.#bytes(name, 4, least, most).buffer);
  }

  #float32(name: string, length: number): Float32Array {
    return new Float32Array(this.#bytes(name, 4, length).buffer);
  }

  /** @param least elements that the file must have @param most elements that it may have */
  #bytes(
    name: string,
    elementBytes: number,
    least = 0,
    most = least,
    allocate = (bytes: number): Uint8Array => new Uint8Array(bytes),
  ): Uint8Array {
    const facts = this.has(name) ? this.manifest.files[name] : undefined;
    const elements = (facts?.bytes ?? 0) / elementBytes;
    if (facts && !(Number.isInteger(elements) && elements >= least && elements <= most)) {
      const expected = least === most ? least * elementBytes : `${least * elementBytes} to ${most * elementBytes}`;
      throw damaged(join(this.directory, name), `the manifest gives it ${facts.bytes} bytes, ${expected} expected`);
    }
    return readVerified(this.directory, name, facts, allocate);
  }

  /** What was read, unless a check finds it wrong. */
  #checked<Read>(name: string, read: Read, check: (read: Read) => void): Read {
    try {
      check(read);
      return read;
    } catch (cause) {
      throw cause instanceof RangeError ? damaged(join(this.directory, name), messageOf(cause)) : cause;
    }
  }
}
