import type { Cells } from './cells.js';

/** Word of a cell in a table: the next with the same place. */
const SAME_PLACE = 0;

const CHUNK_BITS = 14;
const CHUNK_MASK = 2 ** CHUNK_BITS - 1;

/**
 * Finds cells by the hash of what they hold; the first word of these is the table's. It grows by one place with each cell
 * (linear hashing), so that none that comes has to wait for all others to move. It does not shrink.
 */
export class CellTable {
  readonly #chunks: Uint32Array[] = [];
  #places = 1;
  /** The largest power of two that is no more than the places. */
  #half = 1;
  #size = 0;

  /** @param hashOf the hash of what a cell in the table holds */
  constructor(
    private readonly cells: Cells,
    private readonly hashOf: (cell: number) => number,
  ) {
    this.clear();
  }

  /** What the table takes beside the cells. */
  get bytes(): number {
    return 4 * this.#places;
  }

  /** The first cell that may have a hash, or 0. */
  first(hash: number): number {
    return this.#first(this.#placeOf(hash));
  }

  /** The next one after a cell, or 0. */
  next(cell: number): number {
    return this.cells.word(cell, SAME_PLACE);
  }

  add(cell: number, hash: number): void {
    if (++this.#size > this.#places) this.#grow();
    const place = this.#placeOf(hash);
    this.cells.setWord(cell, SAME_PLACE, this.#first(place));
    this.#setFirst(place, cell);
  }

  remove(cell: number): void {
    const place = this.#placeOf(this.hashOf(cell));
    let before = 0;
    for (let at = this.#first(place); at !== cell; at = this.next(at)) before = at;
    if (before === 0) this.#setFirst(place, this.next(cell));
    else this.cells.setWord(before, SAME_PLACE, this.next(cell));
    this.#size--;
  }

  clear(): void {
    this.#places = 1;
    this.#half = 1;
    this.#size = 0;
    this.#setFirst(0, 0);
  }

  /** Adds a place, which takes its part of the cells of the one that had them until now. */
  #grow(): void {
    const divided = this.#places - this.#half;
    let [stay, leave] = [0, 0];
    for (let cell = this.#first(divided); cell !== 0; ) {
      const next = this.next(cell);
      const leaves = (this.hashOf(cell) & this.#half) !== 0;
      this.cells.setWord(cell, SAME_PLACE, leaves ? leave : stay);
      if (leaves) leave = cell;
      else stay = cell;
      cell = next;
    }
    this.#setFirst(divided, stay);
    this.#setFirst(this.#places++, leave);
    if (this.#places === 2 * this.#half) this.#half = this.#places;
  }

  #placeOf(hash: number): number {
    const place = hash & (2 * this.#half - 1);
    return place < this.#places ? place : place - this.#half;
  }

  #first(place: number): number {
    return this.#chunks[place >>> CHUNK_BITS]![place & CHUNK_MASK]!;
  }

  #setFirst(place: number, cell: number): void {
    const chunk = place >>> CHUNK_BITS;
    if (chunk === this.#chunks.length) this.#chunks.push(new Uint32Array(2 ** CHUNK_BITS));
    this.#chunks[chunk]![place & CHUNK_MASK] = cell;
  }
}
