import { setImmediate as nextTurn } from 'node:timers/promises';
import { rowOf } from '../base/numeric/matrix.js';
import { rowIndices } from '../base/numeric/sparse.js';
import { checkOption } from '../base/options/option.js';
import { allSteps, type Steps } from '../base/threads/steps.js';
import type { UserIndex } from '../learn/dataset/id-map.js';
import type { RankerName } from '../learn/model/popularity.js';
import type { CandidateSource, Candidates, Effort } from '../retrieve/candidate-source.js';
import type { Manifest } from '../snapshot/manifest.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { CatalogueSearch } from './catalogue-search.js';
import { ColdItems, type Drawn, searchWithColdBound } from './cold-share.js';
import { cursorOf, identityOf, type ListIdentity } from './cursor.js';
import { Explanations } from './explanation.js';
import { ItemFacts } from './item-facts.js';
import { type Draw, Pages } from './page.js';
import type { PrecomputedLists } from './precomputed.js';
import type {
  FoundCategories,
  FoundItems,
  ItemDetails,
  PopularItems,
  PopularRequest,
  Recommendation,
  RecommendedItem,
  RecommendRequest,
  Retrieval,
  SimilarItems,
  SimilarOptions,
  UserEvents,
} from './recommendation.js';
import { RequestMask } from './request-mask.js';
import {
  checkRequest,
  DEFAULT_COLD_SHARE,
  defaultRankerOf,
  type Filters,
  type ListOptions,
  REQUEST_OPTIONS,
} from './request-options.js';
import { type KnownUser, UserVectors } from './user-vectors.js';
import { checkValue } from './value-range.js';

const LIMIT = REQUEST_OPTIONS.limit;

/**
 * Answers requests from one snapshot: candidates from the source at its operating point, masked, ranked by exact dot
 * products; users it knows nothing about get the popularity ranking. Synchronous, and no request sees anything of another.
 * @example
 * const { items } = live.recommender.recommend({ userId: '7', limit: 10 });
 */
export class Recommender {
  readonly manifest: Manifest;
  readonly #snapshot: Snapshot;
  readonly #facts: ItemFacts;
  readonly #users: UserVectors;
  readonly #cold: ColdItems;
  readonly #allowed: RequestMask;
  readonly #pages: Pages;
  readonly #explanations: Explanations;
  readonly #search: CatalogueSearch;

  /**
   * @param source where candidates come from
   * @param effort how hard it searches
   * @param similarity finds items by cosine
   * @param precomputed lists of a batch with this snapshot, which answer plain requests
   * @param events count like a history in the request
   */
  constructor(
    snapshot: Snapshot,
    private readonly source: CandidateSource,
    private readonly effort: Effort,
    private readonly similarity: CandidateSource,
    private readonly precomputed?: PrecomputedLists,
    events?: UserEvents,
  ) {
    this.#snapshot = snapshot;
    this.manifest = snapshot.manifest;
    this.#facts = new ItemFacts(snapshot);
    this.#search = new CatalogueSearch(snapshot, this.#facts);
    this.#users = new UserVectors(snapshot, events);
    this.#cold = new ColdItems(snapshot.items.size, snapshot.coldItems);
    this.#allowed = new RequestMask(snapshot, this.#facts);
    this.#pages = new Pages(snapshot, this.#cold, this.#allowed.mask);
    this.#explanations = new Explanations(snapshot, this.#facts, this.#users, this.#cold);
  }

  /**
   * Answers some requests of every kind, so that the first real ones find code, caches and scratch memory ready. Other
   * work goes on in between.
   * @param rounds of three turns of the event loop each
   */
  async warmUp(rounds: number): Promise<void> {
    const { users, items } = this.#snapshot;
    for (let i = 0; i < rounds; i++) {
      const userId = users.idOf(Math.floor((i / rounds) * users.size) as UserIndex);
      const itemId = this.#facts.idOf(Math.floor((i / rounds) * items.size));
      // The longest list first: scratch memory then has the size that it will keep.
      const limit = i === 0 ? LIMIT.max : LIMIT.default;
      this.recommend({ userId, limit });
      await nextTurn();
      this.similar(itemId, limit);
      await nextTurn();
      this.recommend({ history: [{ itemId }], limit: 10 });
      this.popular({ limit: 10 });
      await nextTurn();
    }
  }

  /**
   * Recommendations for a user, from the best tier that knows anything about them.
   * @param effort how hard to search. Default: as the snapshot says, see `manifest.retrieval.operatingPoint`.
   * @throws {ShortlistError} `unknown-category` when a category of the request has no items; `invalid-option` for a number
   *   out of its range, `value-out-of-scale` for one in the history; `unknown-attribute`, `invalid-filter`, `invalid-cursor`,
   *   `cursor-expired`
   */
  recommend(request: RecommendRequest, effort = this.effort): Recommendation {
    return allSteps(this.recommendInSteps(request, effort));
  }

  /**
   * `recommend`, in steps where it takes longer than others should wait: for new filters, explanations and many attributes.
   * The list itself is made in one.
   */
  *recommendInSteps(request: RecommendRequest, effort = this.effort): Steps<Recommendation> {
    const { limit, filters } = request;
    checkRequest(limit, request);
    const { dataset } = this.manifest;
    request.history?.forEach(({ value }, place) => {
      checkValue(value, dataset, 'history', place);
    });
    if (filters) yield* this.#allowed.prepare(filters);
    const listed = effort === this.effort ? this.#listedFor(request) : undefined;
    if (listed) {
      const { list, known, next } = listed;
      // What somebody else computed is not proven here.
      const retrieval: Retrieval = { source: 'precomputed', candidates: list.items.length, certified: false };
      return yield* this.#reply(request, known, this.#present(list), retrieval, next);
    }
    const known = this.#users.find(request);
    const { newEvents, vector } = known;
    const list = this.#listOf(request, newEvents);
    const fillMask = () => this.#allowed.fillFor(request, known);

    if (!vector) {
      const ranker = request.ranker ?? defaultRankerOf(this.manifest);
      const draw: Draw = k => this.#mostPopular(ranker, k);
      const { drawn, offset, next } = this.#pages.pageOf(limit, request, list, fillMask, draw, true);
      const found = this.#present(drawn);
      const items = request.explain ? this.#explanations.ofPopular(found, drawn, offset) : found;
      return yield* this.#reply(request, known, items, retrievalOf('popularity', drawn), next);
    }
    const share = request.coldShare ?? DEFAULT_COLD_SHARE;
    const options = { mask: this.#allowed.mask, effort };
    const draw: Draw = k => searchWithColdBound(this.source, vector, k, options, this.#cold, share);
    const isExact = this.source.kind === 'exact' || effort === 'exact';
    const { drawn, offset, next } = this.#pages.pageOf(limit, request, list, fillMask, draw, isExact);
    const items = this.#present(drawn);
    const explained = request.explain ? yield* this.#explanations.of(items, drawn, known, offset) : items;
    return yield* this.#reply(request, known, explained, retrievalOf(this.source.kind, drawn), next);
  }

  /** The share of the exact list of a request that its answer has: items count that score as high as its last one. */
  recallOf(request: RecommendRequest): number {
    const plain = { ...request, explain: false, attributes: undefined };
    const exact = this.recommend(plain, 'exact').items;
    const least = Math.min(...exact.map(({ score }) => score));
    const found = this.recommend(plain).items.filter(({ score }) => score >= least);
    return exact.length === 0 ? 1 : found.length / exact.length;
  }

  /**
   * The items whose vectors point in the direction most similar to an item's.
   * @param limit items wanted, 1 to 1000
   * @param options what `recommend` takes of filters, `coldShare`, `diversity` and `cursor`
   * @throws {ShortlistError} `unknown-item`, `unknown-category`, `invalid-option`, `invalid-cursor`, `cursor-expired`
   */
  similar(itemId: string, limit: number, options: SimilarOptions = {}): SimilarItems {
    return allSteps(this.similarInSteps(itemId, limit, options));
  }

  /** `similar`, in steps as `recommendInSteps` is. */
  *similarInSteps(itemId: string, limit: number, options: SimilarOptions = {}): Steps<SimilarItems> {
    checkRequest(limit, options);
    if (options.filters) yield* this.#allowed.prepare(options.filters);
    const item = this.#facts.indexOf(itemId);
    const fillMask = () => this.#allowed.fill(options, item);
    const query = rowOf(this.#snapshot.itemFactors, item);
    const search = { mask: this.#allowed.mask, effort: this.similarity.defaultEffort };
    const share = options.coldShare ?? DEFAULT_COLD_SHARE;
    const draw: Draw = k => searchWithColdBound(this.similarity, query, k, search, this.#cold, share);
    const list = identityOf(this.manifest.id, ['similar', itemId], options);
    const { drawn, next } = this.#pages.pageOf(limit, options, list, fillMask, draw, search.effort === 'exact');
    return {
      itemId,
      ...this.#facts.titled(item),
      items: yield* this.#facts.withAttributes(this.#present(drawn), options.attributes),
      next,
      snapshot: this.manifest.id,
      retrieval: retrievalOf(this.similarity.kind, drawn),
    };
  }

  /**
   * The most popular items.
   * @param request `limit`: items wanted, 1 to 1000. `ranker`: what counts as popular. Default: what suits the data.
   *   `category`: one more way to name one of `categories`. Else what `recommend` takes of filters, `diversity` and `cursor`.
   * @throws {ShortlistError} `unknown-category` when a category has no items; `invalid-option`, `invalid-cursor`,
   *   `cursor-expired`
   */
  popular(request: PopularRequest): PopularItems {
    return allSteps(this.popularInSteps(request));
  }

  /** `popular`, in steps as `recommendInSteps` is. */
  *popularInSteps(request: PopularRequest): Steps<PopularItems> {
    if (request.category !== undefined) {
      const { category, categories = [], ...others } = request;
      return yield* this.popularInSteps({ ...others, categories: [category, ...categories] });
    }
    const { limit, categories, filters, ranker = defaultRankerOf(this.manifest) } = request;
    checkRequest(limit, request);
    if (filters) yield* this.#allowed.prepare(filters);
    const fillMask = () => this.#allowed.fill(request);
    const list = identityOf(this.manifest.id, ['popular'], request);
    const draw: Draw = k => this.#mostPopular(ranker, k);
    const { drawn, next } = this.#pages.pageOf(limit, request, list, fillMask, draw, true, this.#snapshot.items.size);
    return {
      ranker,
      category: categories?.length === 1 ? categories[0]! : null,
      items: yield* this.#facts.withAttributes(this.#present(drawn), request.attributes),
      next,
      snapshot: this.manifest.id,
    };
  }

  /** Whether the snapshot has an item. */
  knows(itemId: string): boolean {
    return this.#snapshot.items.indexOf(itemId) !== undefined;
  }

  /** @throws {ShortlistError} `unknown-item` */
  item(itemId: string): ItemDetails {
    return this.#facts.details(this.#facts.indexOf(itemId));
  }

  /**
   * Items whose title or id contains `query`, whatever its case, accents and Unicode form, most rated first. Where there is
   * none, those with a word that begins like it but for a typo.
   * @param limit items wanted, 1 to 1000
   * @param filters see `ATTRIBUTE_OPTIONS`. Default: none.
   * @throws {ShortlistError} `invalid-option`, `invalid-filter`
   */
  findItems(query: string, limit: number, filters?: Filters['filters']): readonly ItemDetails[] {
    return this.searchItems(query, limit, { filters }).items;
  }

  /**
   * `findItems` page by page.
   * @throws {ShortlistError} `invalid-option`, `invalid-filter`, `invalid-cursor`, `cursor-expired`
   */
  searchItems(query: string, limit: number, options: ListOptions & Pick<Filters, 'filters'> = {}): FoundItems {
    return allSteps(this.searchItemsInSteps(query, limit, options));
  }

  /** `searchItems` in steps, since in a large catalogue it takes longer than others should wait. */
  *searchItemsInSteps(
    query: string,
    limit: number,
    options: ListOptions & Pick<Filters, 'filters'> = {},
  ): Steps<FoundItems> {
    checkOption('limit', LIMIT, limit);
    const { filters = [] } = options;
    yield* this.#allowed.prepare(filters);
    return yield* this.#search.items(query, limit, options, this.#allowed.conditionOf(filters));
  }

  /**
   * Looks at all items once for each filter that is not known yet: requests with these filters then take no longer than
   * others. Undefined where all are known.
   * @throws {ShortlistError} `invalid-filter`
   */
  prepareFilters(filters: NonNullable<Filters['filters']>): Steps<void> | undefined {
    return this.#allowed.knows(filters) ? undefined : this.#allowed.prepare(filters);
  }

  /**
   * Categories whose name contains `query`, as `findItems` finds items, in alphabetical order, with the number of items that
   * are in them and available.
   * @param limit categories wanted, 1 to 1000
   * @throws {ShortlistError} `invalid-option`, `invalid-cursor`, `cursor-expired`
   */
  categories(query: string, limit: number, options: ListOptions = {}): FoundCategories {
    checkOption('limit', LIMIT, limit);
    this.#allowed.fill({});
    return this.#search.categories(query, limit, options, this.#allowed.mask);
  }

  /** One object of one shape, spelled out: one that is spread would live until the next major collection. */
  *#reply(
    request: RecommendRequest,
    { tier, reason }: Pick<KnownUser, 'tier' | 'reason'>,
    items: readonly RecommendedItem[],
    retrieval: Retrieval,
    next: string | null,
  ): Steps<Recommendation> {
    return {
      userId: request.userId ?? null,
      items: yield* this.#facts.withAttributes(items, request.attributes),
      next,
      source: tier,
      reason,
      snapshot: this.manifest.id,
      retrieval,
    };
  }

  /** The list from the batch, where it has one that is the same as would be computed. */
  #listedFor(request: RecommendRequest) {
    const { userId, limit } = request;
    if (!this.precomputed || userId === undefined || !isPlain(request)) return undefined;
    const user = this.#snapshot.users.indexOf(userId);
    if (user === undefined || this.#users.eventsOf(userId, user).length > 0) return undefined;
    const list = this.precomputed.of(user, limit);
    // Where the list might be all that there is, computing it tells.
    if (!list || this.#snapshot.items.size - this.#unavailableAndSeen(user) <= limit) return undefined;
    const next = limit < LIMIT.max ? cursorOf(this.#listOf(request), limit, list.items.length) : null;
    return { list, known: { tier: 'model', reason: this.#users.reasonOf(user) } as const, next };
  }

  #listOf(request: RecommendRequest, newEvents: KnownUser['newEvents'] = []): ListIdentity {
    const { userId, history } = request;
    return identityOf(this.manifest.id, ['recommend', userId, history], request, newEvents);
  }

  /** Items that a user's list cannot have, at most. */
  #unavailableAndSeen(user: UserIndex): number {
    return this.#snapshot.unavailableItems.length + rowIndices(this.#snapshot.seen, user).length;
  }

  /** The items that the mask leaves, most popular first. */
  #mostPopular(ranker: RankerName, k: number): Drawn {
    const { order, scores: scoreOf } = this.#snapshot.popularity[ranker];
    const length = Math.min(k, this.#allowed.mask.eligible);
    const items = new Uint32Array(length);
    const scores = new Float32Array(length);
    for (let i = 0, place = 0; place < length; i++) {
      const item = order[i]!;
      if (this.#allowed.mask.has(item)) continue;
      items[place] = item;
      scores[place++] = scoreOf[item]!;
    }
    const found = { items, scores, certified: true, scanned: length };
    return { items, scores, certified: true, scanned: length, searches: [found] };
  }

  #present(candidates: Pick<Candidates, 'items' | 'scores'>): RecommendedItem[] {
    return Array.from(candidates.items, (item, i) => this.#facts.recommended(item, candidates.scores[i]!));
  }
}

/** Whether a request asks for nothing but the best items of a user. */
function isPlain(request: RecommendRequest): boolean {
  const { history, exclude, only, categories, filters, cursor } = request;
  const { coldShare = DEFAULT_COLD_SHARE, diversity = 0, includeSeen, explain } = request;
  if (history || exclude || only || categories || filters || cursor || includeSeen || explain) return false;
  return coldShare === DEFAULT_COLD_SHARE && diversity === 0;
}

function retrievalOf(source: Retrieval['source'], candidates: Candidates): Retrieval {
  return { source, candidates: candidates.scanned, certified: candidates.certified };
}
