import type { Matrix } from '../base/numeric/matrix.js';
import type { HnswParameters } from './hnsw.js';
import { lastCoordinates } from './hnswlib.js';

// The file of a graph as hnswlib writes it (`saveIndex` in its hnswalg.h) on machines of 64 bits, little-endian:
//
//   header          see below
//   of every item   number of its links in the lowest layer, room for 2m links, its point, its label in 64 bits
//   of every item   bytes of what follows, then in each layer above the lowest: number of its links, room for m links
//
// Nothing of it is checked by the library when it reads, and little when it searches: a link that leads out of the file ends
// the process.

const HEADER_BYTES = 96;

/**
 * Checks the file of a graph, so that no search can leave it or go on for ever: every number in its range, every link to an
 * item of its layer, every point the item's own.
 * @throws RangeError
 */
export function checkGraph(bytes: Uint8Array, items: Matrix, parameters: HnswParameters): void {
  const { m } = parameters;
  const { rows } = items;
  const pointWords = items.columns + (parameters.space === 'l2' ? 1 : 0);
  const itemWords = 1 + 2 * m + pointWords + 2;
  if (bytes.length < HEADER_BYTES + (itemWords + 1) * 4 * rows) {
    throw new RangeError(`it has ${bytes.length} bytes, too few for ${rows} items with ${2 * m} links`);
  }
  const { entry, levels } = checkHeader(new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES), rows, {
    ...parameters,
    itemBytes: itemWords * 4,
    pointBytes: pointWords * 4,
  });
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const lowest = HEADER_BYTES / 4;
  checkPoints(words, lowest, items, parameters, itemWords);

  const above = lowest + rows * itemWords;
  const levelOf = levelsIn(words, above, rows, m, levels);
  if (levelOf[entry] !== levels) throw new RangeError(`searches enter at item ${entry}, which is not in the top layer`);
  for (let item = 0; item < rows; item++) checkLinks(words, lowest + item * itemWords, 2 * m, levelOf, 0);
  let at = above;
  for (let item = 0; item < rows; item++) {
    at++;
    for (let level = 1; level <= levelOf[item]!; level++, at += 1 + m) checkLinks(words, at, m, levelOf, level);
  }
}

interface HeaderFacts extends HnswParameters {
  readonly itemBytes: number;
  readonly pointBytes: number;
}

/** @returns the item where searches begin, and the layers above the lowest */
function checkHeader(header: DataView, rows: number, { m, efConstruction, itemBytes, pointBytes }: HeaderFacts) {
  const expected: readonly [name: string, at: number, value: number][] = [
    ['start', 0, 0],
    ['capacity', 8, rows],
    ['number of items', 16, rows],
    ['bytes of an item', 24, itemBytes],
    ['place of a label', 32, itemBytes - 8],
    ['place of a point', 40, itemBytes - 8 - pointBytes],
    ['links in a layer', 56, m],
    ['links in the lowest layer', 64, 2 * m],
    ['links', 72, m],
    ['candidates while building', 88, Math.max(efConstruction, m)],
  ];
  for (const [name, at, value] of expected) {
    const found = header.getBigUint64(at, true);
    if (found !== BigInt(value)) throw new RangeError(`its ${name} is ${found}, expected ${value}`);
  }
  const levels = header.getInt32(48, true);
  const entry = header.getUint32(52, true);
  if (levels < 0 || entry >= rows) throw new RangeError(`searches enter at item ${entry} in layer ${levels}`);
  return { entry, levels };
}

/** The library finds items by their labels, and compares queries with the points. */
function checkPoints(
  words: Uint32Array,
  start: number,
  { rows, columns, stride, data }: Matrix,
  { m, space }: HnswParameters,
  itemWords: number,
): void {
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  const augmented = space === 'l2' ? lastCoordinates({ rows, columns, stride, data }) : undefined;
  for (let item = 0; item < rows; item++) {
    const point = start + item * itemWords + 1 + 2 * m;
    const row = item * stride;
    let same = 0;
    while (same < columns && floats[point + same] === data[row + same]) same++;
    if (same < columns || (augmented && floats[point + columns] !== augmented[item])) {
      throw new RangeError(`the point of item ${item} is not its vector`);
    }
    const label = point + columns + (augmented ? 1 : 0);
    if (words[label] !== item || words[label + 1] !== 0) throw new RangeError(`item ${item} has another label`);
  }
}

/** In how many layers above the lowest each item is. */
function levelsIn(words: Uint32Array, start: number, rows: number, m: number, most: number): Uint32Array {
  const layerBytes = (1 + m) * 4;
  const levelOf = new Uint32Array(rows);
  let at = start;
  for (let item = 0; item < rows; item++) {
    const bytes = words[at++];
    const level = (bytes ?? Number.NaN) / layerBytes;
    if (!(Number.isInteger(level) && level <= most)) {
      throw new RangeError(`item ${item} has ${bytes} bytes of links above the lowest of ${most + 1} layers`);
    }
    levelOf[item] = level;
    at += level * (1 + m);
  }
  if (at !== words.length) throw new RangeError(`its links end at byte ${at * 4}, and it has ${words.length * 4}`);
  return levelOf;
}

/** Links of one item in one layer. In the lowest the upper half of their number says that the item was deleted. */
function checkLinks(words: Uint32Array, at: number, most: number, levelOf: Uint32Array, level: number): void {
  const count = words[at]!;
  if (count > most) throw new RangeError(`an item has ${count} links, expected at most ${most}`);
  for (let link = at + 1; link <= at + count; link++) {
    const to = words[link]!;
    if (to >= levelOf.length || levelOf[to]! < level) throw new RangeError(`a link of layer ${level} leads to ${to}`);
  }
}
