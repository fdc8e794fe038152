import { PackedStrings, type PackedStringsData } from '../../base/numeric/packed-strings.js';
import type { IdMap, ItemIndex } from '../dataset/id-map.js';
import type { Catalogue } from './catalogue.js';

/** The memory of an `ItemSearch`: plain arrays that another thread can be given as they are. */
export interface ItemSearchData {
  /** Item indices, most rated first. */
  readonly order: Uint32Array;
  /** Title and id of each, in that order and in lower case. */
  readonly texts: PackedStringsData;
}

/** Finds items by a part of their title or id: one pass over the text of all of them, some gigabytes a second. */
export class ItemSearch {
  readonly #texts: PackedStrings;

  constructor(readonly data: ItemSearchData) {
    this.#texts = new PackedStrings(data.texts);
  }

  /** @param order item indices in the order in which they are to be found */
  static of(items: IdMap<ItemIndex>, catalogue: Catalogue, order: Uint32Array): ItemSearch {
    const texts = Array.from(order, item => {
      const index = item as ItemIndex;
      return `${catalogue.titleOf(index) ?? ''}\n${items.idOf(index)}`.toLowerCase();
    });
    return new ItemSearch({ order, texts: PackedStrings.of(texts).data });
  }

  /** The first `limit` items whose title or id contains `text`, in either case. */
  find(text: string, limit: number): ItemIndex[] {
    const wanted = text.toLowerCase();
    const found: ItemIndex[] = [];
    for (let at = 0; found.length < limit; at++) {
      at = this.#texts.indexContaining(wanted, at);
      if (at < 0) break;
      found.push(this.data.order[at]! as ItemIndex);
    }
    return found;
  }
}
