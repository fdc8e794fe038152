/** Dense index of a user in one dataset or snapshot. Never valid in another one. */
export type UserIndex = number & { readonly __index: 'user' };
/** Dense index of an item in one dataset or snapshot. Never valid in another one. */
export type ItemIndex = number & { readonly __index: 'item' };

/**
 * A bijection between external ids, which are opaque strings ("01" is not "1"), and the dense indices 0 … size-1.
 * Immutable.
 */
export class IdMap<Index extends UserIndex | ItemIndex> {
  readonly #indices = new Map<string, Index>();

  /** @param ids the external ids in index order; a repeated id is a programming error and throws. */
  constructor(readonly ids: readonly string[]) {
    ids.forEach((id, index) => {
      this.#indices.set(id, index as Index);
    });
    if (this.#indices.size !== ids.length) {
      throw new RangeError(`Ids must be unique: ${ids.length} ids, ${this.#indices.size} of them different.`);
    }
  }

  get size(): number {
    return this.ids.length;
  }

  /** The index of an external id, or undefined when the id is unknown. */
  indexOf(id: string): Index | undefined {
    return this.#indices.get(id);
  }

  /** The external id at an index of this map. */
  idOf(index: Index): string {
    const id = this.ids[index];
    if (id === undefined) throw new RangeError(`Index ${index} is outside of 0 … ${this.size - 1}.`);
    return id;
  }
}
