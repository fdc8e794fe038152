import type { Arena } from '../base/kernels/arena.js';

/**
 * A set of excluded items, one bit each, in the arena where kernels can read it. Made to be reused: `clear` costs as
 * much as what was excluded, not as much as the catalogue.
 * A mask may have a base: items that stay excluded whatever happens.
 */
export class ItemMask {
  /** Bit i of word w excludes item 32 w + i. */
  readonly words: Uint32Array;
  /** The words and the number of excluded items of a mask that was cleared; no words where all are 0. */
  readonly #base: Uint32Array | undefined;
  readonly #baseExcluded: number = 0;
  #excluded = 0;
  #touched: number[] | 'many' = [];

  constructor(
    arena: Arena,
    /** Items in the catalogue. */
    readonly items: number,
    /** Items that are always excluded, `clear` or not. Default: none. */
    always: ArrayLike<number> = [],
  ) {
    // One word more than needed: kernels read a few bits past the last item.
    this.words = arena.uint32((items + 63) >>> 5);
    if (always.length === 0) return;
    this.excludeAll(always);
    this.#base = this.words.slice();
    this.#baseExcluded = this.#excluded;
    this.#touched = [];
  }

  /** How many items are not excluded. */
  get eligible(): number {
    return this.items - this.#excluded;
  }

  has(item: number): boolean {
    return ((this.words[item >>> 5]! >>> (item & 31)) & 1) === 1;
  }

  exclude(item: number): void {
    const word = item >>> 5;
    const bit = 1 << (item & 31);
    if ((this.words[word]! & bit) !== 0) return;
    this.words[word]! |= bit;
    this.#excluded++;
    if (this.#touched !== 'many' && this.#touched.push(word) > this.words.length >>> 3) this.#touched = 'many';
  }

  excludeAll(items: ArrayLike<number>): void {
    for (let i = 0; i < items.length; i++) this.exclude(items[i]!);
  }

  /** Excludes the items whose bits are set in words laid out as those of a mask; none beyond the last item may be set. */
  excludeWords(words: Uint32Array): void {
    for (let w = 0; w < words.length; w++) {
      const added = words[w]! & ~this.words[w]!;
      if (added === 0) continue;
      this.words[w]! |= added;
      this.#excluded += bitsIn(added);
    }
    this.#touched = 'many';
  }

  /** How many of these items are not excluded. */
  countIn(items: Uint32Array): number {
    const { words } = this;
    let count = 0;
    for (let i = 0; i < items.length; i++) count += ~(words[items[i]! >>> 5]! >>> (items[i]! & 31)) & 1;
    return count;
  }

  /** Excludes every item but these. Those that are excluded already stay so. */
  keepOnly(items: ArrayLike<number>): void {
    this.keepOnlyIn([items]);
  }

  /** The same with the items of several lists. */
  keepOnlyIn(lists: readonly ArrayLike<number>[]): void {
    const { words } = this;
    const kept = new Uint32Array(words.length);
    for (const items of lists) {
      for (let i = 0; i < items.length; i++) kept[items[i]! >>> 5]! |= 1 << (items[i]! & 31);
    }
    this.#touched = 'many';
    this.#excluded = this.items;
    for (let w = 0; w < words.length; w++) {
      const left = kept[w]! & ~words[w]!;
      words[w] = ~left;
      if (left !== 0) this.#excluded -= bitsIn(left);
    }
  }

  /** Back to excluding only the base. */
  clear(): void {
    const base = this.#base;
    if (this.#touched !== 'many') for (const word of this.#touched) this.words[word] = base?.[word] ?? 0;
    else if (base) this.words.set(base);
    else this.words.fill(0);
    this.#touched = [];
    this.#excluded = this.#baseExcluded;
  }
}

function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
