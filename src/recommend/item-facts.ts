import type { Steps } from '../base/threads/steps.js';
import { ShortlistError } from '../errors.js';
import type { ItemIndex } from '../learn/dataset/id-map.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { knownAttribute } from './attribute-filters.js';
import type { ItemDetails, RecommendedItem } from './recommendation.js';

/** Values of attributes that are looked up in one step: some 0.3 ms. */
const STEP_VALUES = 256;

/** What replies say about items, by index, and how they are found by what requests call them. */
export class ItemFacts {
  /** Most commas in the name of a category. */
  readonly #mostCommas: number;

  constructor(private readonly snapshot: Snapshot) {
    const commas = snapshot.catalogue.categories.map(name => name.split(',').length - 1);
    this.#mostCommas = commas.reduce((most, count) => Math.max(most, count), 0);
  }

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

  /**
   * The items with these attributes, as far as they have them.
   * @throws {ShortlistError} `unknown-attribute`
   */
  *withAttributes(
    listed: readonly RecommendedItem[],
    names: readonly string[] = [],
  ): Steps<readonly RecommendedItem[]> {
    if (names.length === 0) return listed;
    const { items, catalogue } = this.snapshot;
    const columns = names.map(name => knownAttribute(catalogue.attributes, name));
    const described: RecommendedItem[] = [];
    let values = 0;
    for (const item of listed) {
      if (values >= STEP_VALUES) {
        yield;
        values = 0;
      }
      values += columns.length;
      const attributes = catalogue.attributes.valuesOf(items.indexOf(item.itemId)!, columns);
      described.push({ ...item, attributes });
    }
    return described;
  }

  details(item: ItemIndex): ItemDetails {
    const { catalogue, popularity, manifest } = this.snapshot;
    const { attributes } = catalogue;
    const { rated, valueKind = rated ? 'ratings' : 'none' } = manifest.dataset;
    const areOpinions = valueKind === 'ratings' || valueKind === 'labels';
    const ratings = popularity.count.scores[item]!;
    return {
      itemId: this.idOf(item),
      ...this.titled(item),
      categories: catalogue.categoriesOf(item),
      ratings,
      meanRating: areOpinions && ratings > 0 ? popularity.mean.scores[item]! : null,
      ...(attributes.data.length > 0 && { attributes: attributes.valuesOf(item) }),
    };
  }

  /** @throws {ShortlistError} `unknown-item` */
  indexOf(itemId: string): ItemIndex {
    const item = this.snapshot.items.indexOf(itemId);
    if (item !== undefined) return item;
    throw new ShortlistError('unknown-item', `There is no item "${itemId}" in this snapshot.`, { itemId });
  }

  /**
   * The items of each category that the values name: a value is the whole name of a category, commas included, or else it
   * is several names with commas between them, each as long as can be.
   * @throws {ShortlistError} `unknown-category` for a name that none has
   */
  inCategories(values: readonly string[]): Uint32Array[] {
    const members = new Map<string, Uint32Array>();
    for (const value of values) {
      const whole = this.snapshot.catalogue.inCategory(value);
      if (whole) members.set(value, whole);
      else this.#addEach(value.split(','), members);
    }
    return [...members.values()];
  }

  #addEach(parts: readonly string[], members: Map<string, Uint32Array>): void {
    for (let start = 0, end: number; start < parts.length; start = end) {
      for (end = Math.min(parts.length, start + 1 + this.#mostCommas); ; end--) {
        const name = parts.slice(start, end).join(',');
        const found = this.snapshot.catalogue.inCategory(name);
        if (found) {
          members.set(name, found);
          break;
        }
        if (end === start + 1) throw this.#unknownCategory(name);
      }
    }
  }

  #unknownCategory(name: string): ShortlistError {
    const { categories } = this.snapshot.catalogue;
    const shown = categories.slice(0, 30).join(', ') + (categories.length > 30 ? ', …' : '');
    return new ShortlistError(
      'unknown-category',
      categories.length > 0
        ? `No item is in the category "${name}". There are: ${shown}.`
        : `No item is in the category "${name}": this snapshot was built without categories.`,
      { category: name },
    );
  }
}
