import { PackedStrings, type PackedStringsData } from '../../base/numeric/packed-strings.js';
import { allSteps, type Steps } from '../../base/threads/steps.js';
import type { IdMap, ItemIndex } from '../dataset/id-map.js';
import type { Catalogue } from './catalogue.js';
import { folded, foldedTexts, TextSearch } from './text-search.js';

/** The memory of an `ItemSearch`: plain arrays that another thread can be given as they are. */
export interface ItemSearchData {
  /** Item indices, most rated first. */
  readonly order: Uint32Array;
  /** Title and id of each, in that order, folded. */
  readonly texts: PackedStringsData;
}

/** Finds items by a part of their title or id, see `TextSearch`. */
export class ItemSearch {
  readonly #search: TextSearch;

  constructor(readonly data: ItemSearchData) {
    this.#search = new TextSearch(data.texts);
  }

  /** @param order item indices in the order in which they are to be found */
  static of(items: IdMap<ItemIndex>, catalogue: Catalogue, order: Uint32Array): ItemSearch {
    const texts = Array.from(order, item => {
      const index = item as ItemIndex;
      return folded(`${catalogue.titleOf(index) ?? ''}\n${items.idOf(index)}`);
    });
    return new ItemSearch({ order, texts: PackedStrings.of(texts).data });
  }

  /** @param texts in lower case, as older snapshots have them, or folded */
  static read({ order, texts }: ItemSearchData): ItemSearch {
    return new ItemSearch({ order, texts: foldedTexts(texts) });
  }

  /** Places in the order of the first `limit` items that `text` finds from place `from` on, among those that fulfil a condition. */
  find(text: string, limit: number, from = 0, fulfils?: (item: ItemIndex) => boolean): number[] {
    return allSteps(this.inSteps(text, limit, from, fulfils));
  }

  inSteps(text: string, limit: number, from = 0, fulfils: (item: ItemIndex) => boolean = () => true): Steps<number[]> {
    return this.#search.inSteps(text, limit, from, place => fulfils(this.at(place)));
  }

  /** The item at a place of the order. */
  at(place: number): ItemIndex {
    return this.data.order[place]! as ItemIndex;
  }
}
