import type { IdMap, ItemIndex } from '../dataset/id-map.js';
import type { CatalogueItem } from '../ratings/ratings-table.js';

/** Titles and categories by item index. Items that the items file did not name have neither. */
export class Catalogue {
  readonly #items: readonly (CatalogueItem | undefined)[];
  readonly #byCategory = new Map<string, number[]>();
  /** Lower-case title and id of each item, for `matches`; made on first use because most services never search. */
  #searchText: string[] | undefined;

  /** @param known facts about items, in any order; those of items that are not in `items` are left out. */
  constructor(
    readonly items: IdMap<ItemIndex>,
    known: Iterable<CatalogueItem>,
  ) {
    const facts: (CatalogueItem | undefined)[] = new Array(items.size).fill(undefined);
    for (const item of known) {
      const index = items.indexOf(item.itemId);
      if (index !== undefined) facts[index] = item;
    }
    facts.forEach((item, index) => {
      for (const category of item?.categories ?? []) {
        const members = this.#byCategory.get(category);
        if (members) members.push(index);
        else this.#byCategory.set(category, [index]);
      }
    });
    this.#items = facts;
  }

  titleOf(item: ItemIndex): string | undefined {
    return this.#items[item]?.title;
  }

  categoriesOf(item: ItemIndex): readonly string[] {
    return this.#items[item]?.categories ?? [];
  }

  /** All category names, in alphabetical order. */
  get categories(): string[] {
    return [...this.#byCategory.keys()].sort();
  }

  /** Indices of the items in a category, ascending, or undefined when no item is in it. */
  inCategory(category: string): readonly number[] | undefined {
    return this.#byCategory.get(category);
  }

  /** True when the title or the id of an item contains `text`, which must be in lower case. */
  matches(item: number, text: string): boolean {
    this.#searchText ??= this.#items.map((facts, i) => `${facts?.title ?? ''}\n${this.items.ids[i]}`.toLowerCase());
    return this.#searchText[item]?.includes(text) ?? false;
  }

  /** The facts that are known, in index order. */
  entries(): CatalogueItem[] {
    return this.#items.filter(item => item !== undefined);
  }
}
