import { setImmediate as nextTurn } from 'node:timers/promises';
import { rowOf } from '../base/numeric/matrix.js';
import { rowIndices } from '../base/numeric/sparse.js';
import { checkOption } from '../base/options/option.js';
import type { UserIndex } from '../learn/dataset/id-map.js';
import type { RankerName } from '../learn/model/popularity.js';
import type { CandidateSource, Candidates, Effort } from '../retrieve/candidate-source.js';
import { ItemMask } from '../retrieve/item-mask.js';
import type { Manifest } from '../snapshot/manifest.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { likenessColumns } from '../snapshot/sources.js';
import { AttributeFilters } from './attribute-filters.js';
import { CatalogueSearch } from './catalogue-search.js';
import { ColdItems, type Drawn, searchWithColdBound } from './cold-share.js';
import { cursorOf, hashOf, type ListIdentity, positionOf } from './cursor.js';
import { diversify, poolSize } from './diversity.js';
import { becauseOf, cellOf, explainPopular, placesByScore } from './explanation.js';
import { ItemFacts } from './item-facts.js';
import { continued, type Draw, type Page, partOf } from './page.js';
import type { PrecomputedLists } from './precomputed.js';
import type {
  Explanation,
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
import {
  checkRequest,
  DEFAULT_COLD_SHARE,
  defaultRankerOf,
  type Filters,
  type ListOptions,
  MAX_CAREFUL_LIMIT,
  REQUEST_OPTIONS,
  type RequestOptions,
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
  readonly #filters: AttributeFilters;
  /** Reused from request to request: always cleared, to what is not available, before it is filled. */
  readonly #mask: ItemMask;
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
    this.#filters = new AttributeFilters(snapshot.catalogue.attributes, snapshot.items.size);
    this.#mask = new ItemMask(snapshot.arena, snapshot.items.size, snapshot.unavailableItems);
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
    const { limit } = request;
    checkRequest(limit, request);
    const { dataset } = this.manifest;
    request.history?.forEach(({ value }, place) => {
      checkValue(value, dataset, 'history', place);
    });
    const listed = effort === this.effort ? this.#listedFor(request) : undefined;
    if (listed) return listed;
    const known = this.#users.find(request);
    const { newInteractions, vector } = known;
    const list = this.#identityOf('recommend', request, request.userId, request.history, newInteractions);
    const fillMask = () => this.#maskFor(request, known);

    if (!vector) {
      const ranker = request.ranker ?? defaultRankerOf(this.manifest);
      const draw: Draw = k => this.#mostPopular(ranker, k);
      const { drawn, offset, next } = this.#page(limit, request, list, fillMask, draw, true);
      const found = this.#present(drawn);
      const ranking = drawn.searches.at(-1)!.items;
      const explained = (item: RecommendedItem, i: number) =>
        explainPopular(item, offset + i + 1, ranking.indexOf(drawn.items[i]!) + 1);
      const items = request.explain ? found.map(explained) : found;
      return this.#reply(request, known, items, retrievalOf('popularity', drawn), next);
    }
    const share = request.coldShare ?? DEFAULT_COLD_SHARE;
    const options = { mask: this.#mask, effort };
    const draw: Draw = k => searchWithColdBound(this.source, vector, k, options, this.#cold, share);
    const isExact = this.source.kind === 'exact' || effort === 'exact';
    const { drawn, offset, next } = this.#page(limit, request, list, fillMask, draw, isExact);
    const items = this.#present(drawn);
    const explained = request.explain ? this.#explain(items, drawn, known, offset) : items;
    return this.#reply(request, known, explained, retrievalOf(this.source.kind, drawn), next);
  }

  /** The share of the exact list of a request that its answer has: items count that score as high as its last one. */
  recallOf(request: RecommendRequest): number {
    const exact = this.recommend(request, 'exact').items;
    const least = Math.min(...exact.map(({ score }) => score));
    const found = this.recommend(request).items.filter(({ score }) => score >= least);
    return exact.length === 0 ? 1 : found.length / exact.length;
  }

  /**
   * The items whose vectors point in the direction most similar to an item's.
   * @param limit items wanted, 1 to 1000
   * @param options what `recommend` takes of filters, `coldShare`, `diversity` and `cursor`
   * @throws {ShortlistError} `unknown-item`, `unknown-category`, `invalid-option`, `invalid-cursor`, `cursor-expired`
   */
  similar(itemId: string, limit: number, options: SimilarOptions = {}): SimilarItems {
    checkRequest(limit, options);
    const item = this.#facts.indexOf(itemId);
    const fillMask = () => {
      this.#mask.clear();
      this.#mask.exclude(item);
      this.#restrict(options);
    };
    const query = rowOf(this.#snapshot.itemFactors, item);
    const search = { mask: this.#mask, effort: this.similarity.defaultEffort };
    const share = options.coldShare ?? DEFAULT_COLD_SHARE;
    const draw: Draw = k => searchWithColdBound(this.similarity, query, k, search, this.#cold, share);
    const list = this.#identityOf('similar', options, itemId);
    const { drawn, next } = this.#page(limit, options, list, fillMask, draw, search.effort === 'exact');
    return {
      itemId,
      ...this.#facts.titled(item),
      items: this.#facts.withAttributes(this.#present(drawn), options.attributes),
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
    if (request.category !== undefined) {
      const { category, categories = [], ...others } = request;
      return this.popular({ ...others, categories: [category, ...categories] });
    }
    const { limit, categories, ranker = defaultRankerOf(this.manifest) } = request;
    checkRequest(limit, request);
    const fillMask = () => {
      this.#mask.clear();
      this.#restrict(request);
    };
    const list = this.#identityOf('popular', request);
    const draw: Draw = k => this.#mostPopular(ranker, k);
    const { drawn, next } = this.#page(limit, request, list, fillMask, draw, true, this.#snapshot.items.size);
    return {
      ranker,
      category: categories?.length === 1 ? categories[0]! : null,
      items: this.#facts.withAttributes(this.#present(drawn), request.attributes),
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
    checkOption('limit', LIMIT, limit);
    const excluded = (options.filters ?? []).map(filter => this.#filters.excluded(filter));
    const fulfils = (item: number) => excluded.every(words => ((words[item >>> 5]! >>> (item & 31)) & 1) === 0);
    return this.#search.items(query, limit, options, fulfils);
  }

  /**
   * Categories whose name contains `query`, as `findItems` finds items, in alphabetical order, with the number of items that
   * are in them and available.
   * @param limit categories wanted, 1 to 1000
   * @throws {ShortlistError} `invalid-option`, `invalid-cursor`, `cursor-expired`
   */
  categories(query: string, limit: number, options: ListOptions = {}): FoundCategories {
    checkOption('limit', LIMIT, limit);
    this.#mask.clear();
    return this.#search.categories(query, limit, options, this.#mask);
  }

  /** One object of one shape, spelled out: one that is spread would live until the next major collection. */
  #reply(
    request: RecommendRequest,
    { tier, reason }: Pick<KnownUser, 'tier' | 'reason'>,
    items: readonly RecommendedItem[],
    retrieval: Retrieval,
    next: string | null,
  ): Recommendation {
    return {
      userId: request.userId ?? null,
      items: this.#facts.withAttributes(items, request.attributes),
      next,
      source: tier,
      reason,
      snapshot: this.manifest.id,
      retrieval,
    };
  }

  /** The answer from the batch, where it has one that is the same as would be computed. */
  #listedFor(request: RecommendRequest): Recommendation | undefined {
    const { userId, limit } = request;
    if (!this.precomputed || userId === undefined || !isPlain(request)) return undefined;
    const user = this.#snapshot.users.indexOf(userId);
    if (user === undefined || this.#users.eventsOf(userId, user).length > 0) return undefined;
    const list = this.precomputed.of(user, limit);
    // Where the list might be all that there is, computing it tells.
    if (!list || this.#snapshot.items.size - this.#unavailableAndSeen(user) <= limit) return undefined;
    const reason = this.#users.reasonOf(user);
    const next =
      limit < LIMIT.max ? cursorOf(this.#identityOf('recommend', request, userId), limit, list.items.length) : null;
    // What somebody else computed is not proven here.
    const retrieval: Retrieval = { source: 'precomputed', candidates: list.items.length, certified: false };
    return this.#reply(request, { tier: 'model', reason }, this.#present(list), retrieval, next);
  }

  /** Items that a user's list cannot have, at most. */
  #unavailableAndSeen(user: UserIndex): number {
    return this.#snapshot.unavailableItems.length + rowIndices(this.#snapshot.seen, user).length;
  }

  /** What tells one list from another. Every option counts that changes which items come back, or their order. */
  #identityOf(
    kind: string,
    request: RequestOptions,
    subject?: string,
    history?: RecommendRequest['history'],
    known: KnownUser['newInteractions'] = [],
  ): ListIdentity {
    const { exclude, only, categories, match = 'any', filters, includeSeen = false, ranker } = request;
    const { coldShare = DEFAULT_COLD_SHARE, diversity = 0 } = request;
    const filtered = [exclude, only, categories, match, filters, includeSeen];
    const parts = [kind, subject, history, filtered, coldShare, diversity, ranker];
    return {
      snapshot: this.manifest.id,
      request: hashOf(JSON.stringify(parts)),
      user: known.length === 0 ? 0 : hashOf(JSON.stringify(known)),
    };
  }

  /**
   * The page of a list that a request is for. A search that proves nothing, and diversity, may begin a longer list otherwise
   * than a shorter one. What follows the first page is then what else the longest list has, so that nothing comes twice.
   * @param fillMask from the start: a draw may leave its own marks
   * @param isExact whether every draw begins like a longer one, diversity apart
   * @param longest items on all pages
   */
  #page(
    limit: number,
    request: RequestOptions,
    list: ListIdentity,
    fillMask: () => void,
    draw: Draw,
    isExact: boolean,
    longest = LIMIT.max,
  ): Page {
    const { cursor, diversity = 0 } = request;
    const position = cursor === undefined ? undefined : positionOf(cursor, list);
    const most = diversity > 0 ? Math.min(MAX_CAREFUL_LIMIT, longest) : longest;
    const drawn = (k: number): Drawn => {
      fillMask();
      return this.#diversified(draw, k, request);
    };
    fillMask();
    const all = Math.min(most, this.#mask.eligible);
    const offset = position?.offset ?? 0;
    const end = Math.min(offset + limit, position ? all : Number.POSITIVE_INFINITY);
    let part: Drawn;
    if (!position) part = this.#diversified(draw, limit, request);
    else if (isExact && diversity === 0) part = partOf(drawn(end), offset, end);
    else part = partOf(continued(drawn(Math.min(position.first, all)), drawn(all)), offset, end);
    const reached = offset + part.items.length;
    return { drawn: part, offset, next: reached < all ? cursorOf(list, position?.first ?? limit, reached) : null };
  }

  /** The k best items, or of more of them k that differ as much as the request wants. */
  #diversified(draw: Draw, k: number, request: RequestOptions): Drawn {
    const { diversity = 0, coldShare = DEFAULT_COLD_SHARE } = request;
    if (diversity === 0) return draw(k);
    const { arena, itemFactors, manifest } = this.#snapshot;
    const pool = draw(poolSize(k));
    const columns = likenessColumns(itemFactors, manifest.objective.algorithm);
    const places = diversify(arena, itemFactors, columns, pool, k, diversity, this.#cold, coldShare);
    return {
      items: Uint32Array.from(places, place => pool.items[place]!),
      scores: Float32Array.from(places, place => pool.scores[place]!),
      // The best of a choice are proven, the choice is a matter of taste.
      certified: false,
      scanned: pool.scanned,
      searches: pool.searches,
    };
  }

  /** Excludes what a user has seen, where that is wanted, and what the request's own filters keep out. */
  #maskFor(request: RecommendRequest, { user, newInteractions }: KnownUser): void {
    this.#mask.clear();
    if (!request.includeSeen) {
      if (user !== undefined) this.#mask.excludeAll(rowIndices(this.#snapshot.seen, user));
      for (const { item } of newInteractions) this.#mask.exclude(item);
    }
    this.#restrict(request);
  }

  /** Applies the filters of a request for any list to the mask. */
  #restrict({ only, categories, match, exclude, filters }: Filters): void {
    const { items } = this.#snapshot;
    const known = (ids: readonly string[]) => ids.map(id => items.indexOf(id)).filter(index => index !== undefined);
    if (only) this.#mask.keepOnly(known(only));
    if (categories) {
      const members = this.#facts.inCategories(categories);
      // All of none would be everything, and an empty list leaves nothing.
      if (match !== 'all' || members.length === 0) this.#mask.keepOnly(eachOf(members));
      else for (const one of members) if (this.#mask.eligible > 0) this.#mask.keepOnly(one);
    }
    if (exclude) this.#mask.excludeAll(known(exclude));
    for (const filter of filters ?? []) this.#mask.excludeWords(this.#filters.excluded(filter));
  }

  /** The items that the mask leaves, most popular first. */
  #mostPopular(ranker: RankerName, k: number): Drawn {
    const { order, scores: scoreOf } = this.#snapshot.popularity[ranker];
    const length = Math.min(k, this.#mask.eligible);
    const items = new Uint32Array(length);
    const scores = new Float32Array(length);
    for (let i = 0, place = 0; place < length; i++) {
      const item = order[i]!;
      if (this.#mask.has(item)) continue;
      items[place] = item;
      scores[place++] = scoreOf[item]!;
    }
    const found = { items, scores, certified: true, scanned: length };
    return { items, scores, certified: true, scanned: length, searches: [found] };
  }

  #present(candidates: Pick<Candidates, 'items' | 'scores'>): RecommendedItem[] {
    return Array.from(candidates.items, (item, i) => this.#facts.recommended(item, candidates.scores[i]!));
  }

  /** @param offset items of the list before these */
  #explain(items: readonly RecommendedItem[], drawn: Drawn, known: KnownUser, offset: number): RecommendedItem[] {
    const { itemFactors, cells } = this.#snapshot;
    const history = this.#users.historyOf(known);
    const parts = this.#users.foldIn.explain(history, drawn.items);
    const places = placesByScore(drawn.searches);
    return items.map((recommended, i) => {
      const item = drawn.items[i]!;
      const { base, contributions } = parts[i]!;
      const explanation: Explanation = {
        stage: this.#cold.has(item) ? 'cold' : 'candidates',
        cell: cellOf(cells.starts, item),
        rank: offset + i + 1,
        rankBefore: places.get(item)!,
        base,
        because: becauseOf(itemFactors, item, history, contributions).map(({ item: past, ...shares }) => ({
          itemId: this.#facts.idOf(past),
          ...this.#facts.titled(past),
          ...shares,
        })),
      };
      return { ...recommended, explanation };
    });
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

/** The items of one category after the other. */
function* eachOf(categories: readonly Uint32Array[]): Generator<number> {
  for (const items of categories) yield* items;
}
