import { hashOf, hashOfUnits } from '../../base/numeric/hash.js';
import { PackedStrings, type PackedStringsData } from '../../base/numeric/packed-strings.js';

/** Dense index of a user in one dataset or snapshot. Never valid in another one. */
export type UserIndex = number & { readonly __index: 'user' };
/** Dense index of an item in one dataset or snapshot. Never valid in another one. */
export type ItemIndex = number & { readonly __index: 'item' };

/** The memory of an `IdMap`: plain arrays that another thread can be given as they are. */
export interface IdMapData {
  readonly ids: PackedStringsData;
  /** Hash table with linear probing: index + 1 of the id that lies there, or 0. `slotsFor` gives its length. */
  readonly slots: Uint32Array;
}

/**
 * A bijection between external ids, which are opaque strings ("01" is not "1"), and the dense indices 0 … size-1.
 * Immutable, and kept in a few flat arrays, so that a server can take over millions of ids from the thread that read
 * them.
 */
export class IdMap<Index extends UserIndex | ItemIndex> {
  readonly #packed: PackedStrings;
  readonly #slots: Uint32Array;
  /** Those that were asked for before. */
  readonly #strings: string[];

  /**
   * @param ids the external ids in index order, or the memory of another map of them
   * @throws RangeError for a repeated id, which is a programming error
   */
  constructor(ids: readonly string[] | IdMapData) {
    if ('slots' in ids) {
      this.#packed = new PackedStrings(ids.ids);
      this.#slots = ids.slots;
      this.#strings = [];
      return;
    }
    this.#packed = PackedStrings.of(ids);
    this.#strings = [...ids];
    this.#slots = new Uint32Array(slotsFor(ids.length));
    let different = 0;
    ids.forEach((id, index) => {
      const slot = this.#slotOf(id);
      if (this.#slots[slot] !== 0) return;
      this.#slots[slot] = index + 1;
      different++;
    });
    if (different !== ids.length) {
      throw new RangeError(`Ids must be unique: ${ids.length} ids, ${different} of them different.`);
    }
  }

  get data(): IdMapData {
    return { ids: this.#packed.data, slots: this.#slots };
  }

  get size(): number {
    return this.#packed.length;
  }

  /** All external ids in index order. */
  get ids(): readonly string[] {
    for (let index = 0; index < this.size; index++) this.#strings[index] ??= this.#packed.at(index);
    return this.#strings;
  }

  /** The index of an external id, or undefined when the id is unknown. */
  indexOf(id: string): Index | undefined {
    const entry = this.#slots[this.#slotOf(id)]!;
    return entry === 0 ? undefined : ((entry - 1) as Index);
  }

  /** The external id at an index of this map. */
  idOf(index: Index): string {
    if (!(index >= 0 && index < this.size)) {
      throw new RangeError(`Index ${index} is outside of 0 … ${this.size - 1}.`);
    }
    this.#strings[index] ??= this.#packed.at(index);
    return this.#strings[index];
  }

  /** Where an id lies, or the empty slot where it would. Half of the slots are empty, so there is one. */
  #slotOf(id: string): number {
    const mask = this.#slots.length - 1;
    for (let slot = firstSlot(hashOf(id), mask); ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!;
      if (entry === 0 || this.#packed.is(entry - 1, id)) return slot;
    }
  }
}

/**
 * Checks the memory of a map that was read: every id is found, at its own index.
 * @param data its ids checked by `checkPackedStrings`
 * @throws RangeError
 */
export function checkIdMap({ ids, slots }: IdMapData): void {
  const { units, starts } = ids;
  const size = starts.length - 1;
  let taken = 0;
  for (let slot = 0; slot < slots.length; slot++) {
    if (slots[slot]! > size) throw new RangeError(`slot ${slot} has id ${slots[slot]! - 1}, but there are ${size}`);
    if (slots[slot] !== 0) taken++;
  }
  // In a table without a free slot a search would never end, in a fuller one last long.
  if (taken !== size || slots.length !== slotsFor(size)) {
    throw new RangeError(`${taken} of ${slots.length} slots are taken, expected ${size} of ${slotsFor(size)}`);
  }
  // Without a string of each.
  const mask = slots.length - 1;
  const isSame = (one: number, other: number): boolean => {
    const length = starts[one + 1]! - starts[one]!;
    if (starts[other + 1]! - starts[other]! !== length) return false;
    for (let i = 0; i < length; i++) if (units[starts[one]! + i] !== units[starts[other]! + i]) return false;
    return true;
  };
  for (let index = 0; index < size; index++) {
    let slot = firstSlot(hashOfUnits(units, starts[index]!, starts[index + 1]!), mask);
    while (slots[slot] !== index + 1) {
      const found = slots[slot]! - 1;
      if (found < 0 || isSame(found, index)) throw new RangeError(`id ${index} is found as ${found}`);
      slot = (slot + 1) & mask;
    }
  }
}

/** The high bits of a hash are folded in, since only the low ones choose the slot. */
function firstSlot(hash: number, mask: number): number {
  return (hash ^ (hash >>> 15)) & mask;
}

/** Length of the hash table for a number of ids: a power of two, at least twice as many. */
export function slotsFor(ids: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, 2 * ids)));
}
