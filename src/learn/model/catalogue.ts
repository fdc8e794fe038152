import { PackedStrings, type PackedStringsData } from '../../base/numeric/packed-strings.js';
import { startsOf } from '../../base/numeric/sorting.js';
import { checkBelow, checkStarts } from '../../base/numeric/table-checks.js';
import type { IdMap, ItemIndex } from '../dataset/id-map.js';
import type { CatalogueItem } from '../ratings/ratings-table.js';
import { type AttributeColumn, Attributes, attributeKinds } from './attributes.js';

/** The memory of a `Catalogue`: plain arrays that another thread can be given as they are. */
export interface CatalogueData {
  /** Title of each item, empty where there is none. */
  readonly titles: PackedStringsData;
  /** Category names in alphabetical order: a category's number is its place here. */
  readonly categories: readonly string[];
  /** Categories of item i, in the order of its source: numbers[starts[i]] … numbers[starts[i+1]-1]. */
  readonly ofItem: { readonly starts: Uint32Array; readonly numbers: Uint32Array };
  /** Items of category c, ascending: items[starts[c]] … items[starts[c+1]-1]. */
  readonly members: { readonly starts: Uint32Array; readonly items: Uint32Array };
  readonly attributes: readonly AttributeColumn[];
}

/** Titles, categories and attributes by item index. Items that the items file did not name have none. */
export class Catalogue {
  readonly attributes: Attributes;
  readonly #titles: PackedStrings;
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(readonly data: CatalogueData) {
    this.#titles = new PackedStrings(data.titles);
    this.attributes = new Attributes(data.attributes);
    this.#numbers = new Map(data.categories.map((name, number) => [name, number]));
  }

  /** @param known facts about items, in any order; those of items that are not in `items` are left out. */
  static of(items: IdMap<ItemIndex>, known: readonly CatalogueItem[]): Catalogue {
    const facts: (CatalogueItem | undefined)[] = new Array(items.size).fill(undefined);
    for (const item of known) {
      const index = items.indexOf(item.itemId);
      if (index !== undefined) facts[index] = item;
    }
    const members = new Map<string, number[]>();
    facts.forEach((item, index) => {
      for (const category of item?.categories ?? []) {
        const those = members.get(category);
        if (those) those.push(index);
        else members.set(category, [index]);
      }
    });
    const categories = [...members.keys()].sort();
    const numbers = new Map(categories.map((name, number) => [name, number]));
    const ofItem = concatenated(facts.map(item => (item?.categories ?? []).map(name => numbers.get(name)!)));
    const byCategory = concatenated(categories.map(name => members.get(name)!));
    return new Catalogue({
      titles: PackedStrings.of(facts.map(item => item?.title ?? '')).data,
      categories,
      ofItem: { starts: ofItem.starts, numbers: ofItem.values },
      members: { starts: byCategory.starts, items: byCategory.values },
      attributes: Attributes.of(attributeKinds(known), facts).data,
    });
  }

  titleOf(item: ItemIndex): string | undefined {
    return this.#titles.at(item) || undefined;
  }

  categoriesOf(item: ItemIndex): readonly string[] {
    const { categories, ofItem } = this.data;
    const numbers = ofItem.numbers.subarray(ofItem.starts[item], ofItem.starts[item + 1]);
    return Array.from(numbers, number => categories[number]!);
  }

  /** All category names, in alphabetical order. */
  get categories(): readonly string[] {
    return this.data.categories;
  }

  /** Indices of the items in a category, ascending, or undefined when no item is in it. */
  inCategory(category: string): Uint32Array | undefined {
    const number = this.#numbers.get(category);
    const { starts, items } = this.data.members;
    return number === undefined ? undefined : items.subarray(starts[number], starts[number + 1]);
  }
}

/** Checks the categories of items that were read; `checkAttribute` is for their attributes. @throws RangeError */
export function checkCategories({ categories, ofItem, members }: CatalogueData): void {
  checkStarts(ofItem.starts, ofItem.numbers.length);
  checkBelow(ofItem.numbers, categories.length);
  checkStarts(members.starts, members.items.length);
  // Read item by item, the categories must give each of them its items one after the other, and all of them.
  const next = members.starts.slice(0, -1);
  const items = ofItem.starts.length - 1;
  for (let item = 0; item < items; item++) {
    for (let at = ofItem.starts[item]!; at < ofItem.starts[item + 1]!; at++) {
      const category = ofItem.numbers[at]!;
      const place = next[category]!++;
      if (place < members.starts[category + 1]! && members.items[place] === item) continue;
      throw new RangeError(`item ${item} is in category ${category}, but not among its items where it should be`);
    }
  }
  if (ofItem.numbers.length !== members.items.length) {
    throw new RangeError(`categories have ${members.items.length} items, expected ${ofItem.numbers.length}`);
  }
}

/** Lists one after the other, and where each starts. */
function concatenated(lists: readonly (readonly number[])[]): { starts: Uint32Array; values: Uint32Array } {
  const starts = startsOf(lists.map(list => list.length));
  const values = new Uint32Array(starts[lists.length]!);
  lists.forEach((list, i) => {
    values.set(list, starts[i]);
  });
  return { starts, values };
}
