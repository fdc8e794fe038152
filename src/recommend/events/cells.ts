/** The last of the words of 32 bits in a cell: links it to the next of its list. 0 ends a list. */
export const NEXT = 11;
const WORDS = NEXT + 1;
const NUMBERS = WORDS / 2;
const CELL_BYTES = 4 * WORDS;

/** Cells of a segment. */
const SEGMENT_BITS = 12;
const PLACE_MASK = 2 ** SEGMENT_BITS - 1;
const SEGMENT_BYTES = CELL_BYTES * 2 ** SEGMENT_BITS;

/**
 * Memory in cells of 48 bytes, outside the JavaScript heap: the garbage collector does not look into it, and what is given
 * back is taken again at once. It grows by segments, so that nothing is ever copied, and keeps what it has. A cell is twelve
 * words or, in the same place, six numbers. Cells are numbered from 1 on.
 */
export class Cells {
  readonly #words: Uint32Array[] = [];
  readonly #numbers: Float64Array[] = [];
  /** The first that was never taken since all were given back. */
  #end = 1;
  /** The list of those that were given back. */
  #free = 0;
  #used = 0;

  /** What the cells in use take. */
  get bytes(): number {
    return CELL_BYTES * this.#used;
  }

  word(cell: number, place: number): number {
    return this.#words[cell >>> SEGMENT_BITS]![WORDS * (cell & PLACE_MASK) + place]!;
  }

  setWord(cell: number, place: number, word: number): void {
    this.#words[cell >>> SEGMENT_BITS]![WORDS * (cell & PLACE_MASK) + place] = word;
  }

  number(cell: number, place: number): number {
    return this.#numbers[cell >>> SEGMENT_BITS]![NUMBERS * (cell & PLACE_MASK) + place]!;
  }

  setNumber(cell: number, place: number, number: number): void {
    this.#numbers[cell >>> SEGMENT_BITS]![NUMBERS * (cell & PLACE_MASK) + place] = number;
  }

  /** A cell with anything in it. */
  take(): number {
    this.#used++;
    const free = this.#free;
    if (free !== 0) {
      this.#free = this.word(free, NEXT);
      return free;
    }
    if (this.#end >>> SEGMENT_BITS === this.#words.length) {
      const segment = new ArrayBuffer(SEGMENT_BYTES);
      this.#words.push(new Uint32Array(segment));
      this.#numbers.push(new Float64Array(segment));
    }
    return this.#end++;
  }

  /** Writes words from a place of a cell on, and into cells that it takes and links after it. */
  write(cell: number, place: number, words: Uint32Array, count: number): void {
    for (let i = 0, from = place, at = cell; ; from = 0) {
      const segment = this.#words[at >>> SEGMENT_BITS]!;
      const start = WORDS * (at & PLACE_MASK);
      for (; from < NEXT && i < count; from++, i++) segment[start + from] = words[i]!;
      at = i < count ? this.take() : 0;
      segment[start + NEXT] = at;
      if (at === 0) return;
    }
  }

  /** Reads what was written so. */
  read(cell: number, place: number, words: Uint32Array, count: number): void {
    for (let i = 0, from = place, at = cell; i < count; from = 0) {
      const segment = this.#words[at >>> SEGMENT_BITS]!;
      const start = WORDS * (at & PLACE_MASK);
      for (; from < NEXT && i < count; from++, i++) words[i] = segment[start + from]!;
      at = segment[start + NEXT]!;
    }
  }

  /** Whether this is what was written so. */
  holds(cell: number, place: number, words: Uint32Array, count: number): boolean {
    for (let i = 0, from = place, at = cell; i < count; from = 0) {
      const segment = this.#words[at >>> SEGMENT_BITS]!;
      const start = WORDS * (at & PLACE_MASK);
      for (; from < NEXT && i < count; from++, i++) if (segment[start + from] !== words[i]) return false;
      at = segment[start + NEXT]!;
    }
    return true;
  }

  /** Gives back all cells of a list. */
  give(first: number): void {
    if (first === 0) return;
    let last = first;
    this.#used--;
    for (let next = this.word(last, NEXT); next !== 0; next = this.word(last, NEXT)) {
      last = next;
      this.#used--;
    }
    this.setWord(last, NEXT, this.#free);
    this.#free = first;
  }

  /** Gives back all cells. */
  clear(): void {
    this.#end = 1;
    this.#free = 0;
    this.#used = 0;
  }
}
