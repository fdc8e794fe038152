import { ShortlistError } from '../errors.js';
import type { ItemIndex } from '../learn/dataset/id-map.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { ItemDetails, RecommendedItem } from './recommendation.js';

/** What replies say about items, by index, and how they are found by what requests call them. */
export class ItemFacts {
  constructor(private readonly snapshot: Snapshot) {}

  idOf(item: number): string {
    return this.snapshot.items.idOf(item as ItemIndex);
  }

  /** The title as a field, where there is one. */
  titled(item: number): { title?: string } {
    const title = this.snapshot.catalogue.titleOf(item as ItemIndex);
    return title === undefined ? {} : { title };
  }

  recommended(item: number, score: number): RecommendedItem {
    return { itemId: this.idOf(item), score, ...this.titled(item) };
  }

  details(item: ItemIndex): ItemDetails {
    const { catalogue, popularity, manifest } = this.snapshot;
    const ratings = popularity.count.scores[item]!;
    return {
      itemId: this.idOf(item),
      ...this.titled(item),
      categories: catalogue.categoriesOf(item),
      ratings,
      meanRating: manifest.dataset.rated && ratings > 0 ? popularity.mean.scores[item]! : null,
    };
  }

  /** @throws {ShortlistError} `unknown-item` */
  indexOf(itemId: string): ItemIndex {
    const item = this.snapshot.items.indexOf(itemId);
    if (item !== undefined) return item;
    throw new ShortlistError('unknown-item', `There is no item "${itemId}" in this snapshot.`, { itemId });
  }

  /**
   * The items of a category.
   * @throws {ShortlistError} `unknown-category` when it has none
   */
  inCategory(name: string): Uint32Array {
    const { catalogue } = this.snapshot;
    const members = catalogue.inCategory(name);
    if (members) return members;
    const { categories } = catalogue;
    const shown = categories.slice(0, 30).join(', ') + (categories.length > 30 ? ', …' : '');
    throw new ShortlistError(
      'unknown-category',
      categories.length > 0
        ? `No item is in the category "${name}". There are: ${shown}.`
        : `No item is in the category "${name}": this snapshot was built without categories.`,
      { category: name },
    );
  }
}
