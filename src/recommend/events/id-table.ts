import { randomBytes } from 'node:crypto';
import { MAX_ID_LENGTH } from '../../base/tables/plain-id.js';
import { CellTable } from './cell-table.js';
import type { Cells } from './cells.js';

/** Words of the cell of an id, after the one of the table: the hash, and how the id is written. */
const HASH = 1;
export const NAME = 2;
/** The first of the words that are the owner's; the id begins after them and goes on in the cells linked by `NEXT`. */
export const OWN = 3;

/** Of the word `NAME`, bytes of the id and whether each character takes two; the upper 16 bits are the owner's. */
const NAME_MASK = 0xffff;
const WIDE = 2 ** 15;
const BYTES_MASK = WIDE - 1;

/** The id that is looked for, or told: bytes where all characters are ASCII, else UTF-16, then zeros up to a whole word. */
const scratch = Buffer.alloc(2 * MAX_ID_LENGTH + 4);
const characters = new Uint16Array(scratch.buffer, scratch.byteOffset, scratch.length / 2);
const words = new Uint32Array(scratch.buffer, scratch.byteOffset, scratch.length / 4);

/** Ids of at most 1,024 characters, each once, in cells. */
export class IdTable {
  readonly #firstWord: number;
  readonly #table: CellTable;

  /** @param ownWords of the owner, in the cell of each id: 0 at first */
  constructor(
    private readonly cells: Cells,
    ownWords: number,
  ) {
    this.#firstWord = OWN + ownWords;
    this.#table = new CellTable(cells, cell => cells.word(cell, HASH));
  }

  /** What the table takes beside the cells. */
  get bytes(): number {
    return this.#table.bytes;
  }

  /** The cell of an id, or 0 when it is not there. */
  find(id: string): number {
    if (id.length > MAX_ID_LENGTH) return 0;
    const name = write(id);
    return this.#find(name, hashOf(name));
  }

  /** The cell of an id, which is added when it is not there. */
  findOrAdd(id: string): number {
    if (id.length > MAX_ID_LENGTH) throw new RangeError(`An id has at most ${MAX_ID_LENGTH} characters.`);
    const name = write(id);
    const hash = hashOf(name);
    const there = this.#find(name, hash);
    if (there !== 0) return there;
    const { cells } = this;
    const cell = cells.take();
    this.#table.add(cell, hash);
    cells.setWord(cell, HASH, hash);
    cells.setWord(cell, NAME, name);
    for (let word = OWN; word < this.#firstWord; word++) cells.setWord(cell, word, 0);
    cells.write(cell, this.#firstWord, words, wordsOf(name));
    return cell;
  }

  /** The id of a cell. */
  idOf(cell: number): string {
    const name = this.cells.word(cell, NAME);
    this.cells.read(cell, this.#firstWord, words, wordsOf(name));
    return scratch.toString(name & WIDE ? 'utf16le' : 'latin1', 0, name & BYTES_MASK);
  }

  /** Takes an id out and gives its cells back. */
  remove(cell: number): void {
    this.#table.remove(cell);
    this.cells.give(cell);
  }

  /** Takes all ids out; the cells are for their owner to clear. */
  clear(): void {
    this.#table.clear();
  }

  #find(name: number, hash: number): number {
    const { cells } = this;
    let cell = this.#table.first(hash);
    while (cell !== 0) {
      const isAlike = cells.word(cell, HASH) === hash && (cells.word(cell, NAME) & NAME_MASK) === name;
      if (isAlike && cells.holds(cell, this.#firstWord, words, wordsOf(name))) break;
      cell = this.#table.next(cell);
    }
    return cell;
  }
}

/** Writes an id into the scratch memory. @returns its word `NAME` */
function write(id: string): number {
  const { length } = id;
  for (let i = 0; i < length; i++) {
    const code = id.charCodeAt(i);
    if (code > 0x7f) return writeWide(id);
    scratch[i] = code;
  }
  // What fills the last word.
  scratch[length] = 0;
  scratch[length + 1] = 0;
  scratch[length + 2] = 0;
  return length;
}

function writeWide(id: string): number {
  const { length } = id;
  for (let i = 0; i < length; i++) characters[i] = id.charCodeAt(i);
  characters[length] = 0;
  return (2 * length) | WIDE;
}

function wordsOf(name: number): number {
  return ((name & BYTES_MASK) + 3) >>> 2;
}

const KEY_0 = randomBytes(4).readInt32LE();
const KEY_1 = randomBytes(4).readInt32LE();

/** HalfSipHash-1-3 of the id in the scratch memory: whoever chooses ids cannot make many of them share a place. */
function hashOf(name: number): number {
  let v0 = KEY_0;
  let v1 = KEY_1;
  let v2 = KEY_0 ^ 0x6c796765;
  let v3 = KEY_1 ^ 0x74656462;
  const end = wordsOf(name);
  for (let i = 0; i < end + 4; i++) {
    const word = i < end ? words[i]! : i === end ? name : 0;
    if (i === end + 1) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return (v1 ^ v3) >>> 0;
}
