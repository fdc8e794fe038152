import { hashOf } from '../base/numeric/hash.js';
import { PackedStrings } from '../base/numeric/packed-strings.js';
import { allSteps, type Steps } from '../base/threads/steps.js';
import { folded, TextSearch } from '../learn/model/text-search.js';
import type { ItemMask } from '../retrieve/item-mask.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { cursorOf, positionOf } from './cursor.js';
import type { ItemFacts } from './item-facts.js';
import type { FoundCategories, FoundItems, ItemDetails } from './recommendation.js';
import type { Filters, ListOptions } from './request-options.js';

/** Items that are presented in one step. */
const STEP_ITEMS = 32;

/** Finds items and categories of a snapshot by what they are called, page by page. */
export class CatalogueSearch {
  /** Made when it is first needed. */
  #ofCategories: TextSearch | undefined;
  /** Available items by category, once somebody has asked: they stay the same. */
  readonly #counts = new Map<string, number>();

  constructor(
    private readonly snapshot: Snapshot,
    private readonly facts: ItemFacts,
  ) {}

  /** @param fulfils whether an item meets the filters of the options */
  *items(
    query: string,
    limit: number,
    options: ListOptions & Pick<Filters, 'filters'>,
    fulfils: (item: number) => boolean,
  ): Steps<FoundItems> {
    const { search } = this.snapshot;
    const find = (text: string, most: number, from: number) => search.inSteps(text, most, from, fulfils);
    const list = JSON.stringify(['items', query, options.filters ?? []]);
    const { places, next } = yield* this.#find(find, list, query, limit, options);
    const items: ItemDetails[] = [];
    for (const place of places) {
      items.push(this.facts.details(search.at(place)));
      if (items.length % STEP_ITEMS === 0) yield;
    }
    return { items, next, snapshot: this.snapshot.manifest.id };
  }

  /** @param available excludes nothing but what is not available */
  categories(query: string, limit: number, options: ListOptions, available: ItemMask): FoundCategories {
    const { catalogue, manifest } = this.snapshot;
    this.#ofCategories ??= new TextSearch(PackedStrings.of(catalogue.categories.map(folded)).data);
    const search = this.#ofCategories;
    const find = (text: string, most: number, from: number) => search.inSteps(text, most, from);
    const list = JSON.stringify(['categories', query]);
    const { places, next } = allSteps(this.#find(find, list, query, limit, options));
    const categories = places.map(place => {
      const name = catalogue.categories[place]!;
      const items = this.#counts.get(name) ?? available.countIn(catalogue.inCategory(name)!);
      this.#counts.set(name, items);
      return { name, items };
    });
    return { categories, next, snapshot: manifest.id };
  }

  *#find(
    find: (text: string, most: number, from: number) => Steps<number[]>,
    what: string,
    query: string,
    limit: number,
    { cursor }: ListOptions,
  ): Steps<{ places: number[]; next: string | null }> {
    const list = { snapshot: this.snapshot.manifest.id, request: hashOf(what), user: 0 };
    const from = cursor === undefined ? 0 : positionOf(cursor, list).offset;
    // One more shows whether there are more.
    const places = yield* find(query, limit + 1, from);
    if (places.length <= limit) return { places, next: null };
    const following = places.pop()!;
    return { places, next: cursorOf(list, limit, following) };
  }
}
