import { hashOf } from '../../base/numeric/hash.js';
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
    const hash = hashOf(id);
    // The high bits are folded in, since only the low ones choose the slot.
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!;
      if (entry === 0 || this.#packed.is(entry - 1, id)) return slot;
    }
  }
}

/** Length of the hash table for a number of ids: a power of two, at least twice as many. */
export function slotsFor(ids: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(2, 2 * ids)));
}
