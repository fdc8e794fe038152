import { rowIndices } from '../base/numeric/sparse.js';
import type { Steps } from '../base/threads/steps.js';
import { ItemMask } from '../retrieve/item-mask.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { AttributeFilters } from './attribute-filters.js';
import type { ItemFacts } from './item-facts.js';
import type { RecommendRequest } from './recommendation.js';
import type { Filters } from './request-options.js';
import type { KnownUser } from './user-vectors.js';

/**
 * Which items may come into a list. One mask is reused from request to request: always cleared, to what is not available,
 * before it is filled.
 */
export class RequestMask {
  readonly mask: ItemMask;
  readonly #filters: AttributeFilters;

  constructor(
    private readonly snapshot: Snapshot,
    private readonly facts: ItemFacts,
  ) {
    const { arena, items, unavailableItems, catalogue } = snapshot;
    this.mask = new ItemMask(arena, items.size, unavailableItems);
    this.#filters = new AttributeFilters(catalogue.attributes, items.size);
  }

  /** Excludes what a user has seen, where that is wanted, and what the request's own filters keep out. */
  fillFor(request: RecommendRequest, { user, newInteractions }: KnownUser): void {
    this.mask.clear();
    if (!request.includeSeen) {
      if (user !== undefined) this.mask.excludeAll(rowIndices(this.snapshot.seen, user));
      for (const { item } of newInteractions) this.mask.exclude(item);
    }
    this.#restrict(request);
  }

  /** Excludes what the filters of a request for any list keep out, and an item that the list is about. */
  fill(filters: Filters, item?: number): void {
    this.mask.clear();
    if (item !== undefined) this.mask.exclude(item);
    this.#restrict(filters);
  }

  /** Whether nothing has to be prepared for some filters. */
  knows(filters: NonNullable<Filters['filters']>): boolean {
    return filters.every(filter => this.#filters.knows(filter));
  }

  /** Finds out what some filters exclude, so that requests with them do not have to. */
  *prepare(filters: NonNullable<Filters['filters']>): Steps<void> {
    for (const filter of filters) yield* this.#filters.inSteps(filter);
  }

  /** Whether an item fulfils all of some conditions on attributes, be it available or not. */
  conditionOf(filters: NonNullable<Filters['filters']>): (item: number) => boolean {
    const excluded = filters.map(filter => this.#filters.excluded(filter));
    return item => excluded.every(words => ((words[item >>> 5]! >>> (item & 31)) & 1) === 0);
  }

  #restrict({ only, categories, match, exclude, filters }: Filters): void {
    const { items } = this.snapshot;
    const known = (ids: readonly string[]) => ids.map(id => items.indexOf(id)).filter(index => index !== undefined);
    if (only) this.mask.keepOnly(known(only));
    if (categories) {
      const members = this.facts.inCategories(categories);
      // All of none would be everything, and an empty list leaves nothing.
      if (match !== 'all' || members.length === 0) this.mask.keepOnlyIn(members);
      else for (const one of members) if (this.mask.eligible > 0) this.mask.keepOnly(one);
    }
    if (exclude) this.mask.excludeAll(known(exclude));
    for (const filter of filters ?? []) this.mask.excludeWords(this.#filters.excluded(filter));
  }
}
