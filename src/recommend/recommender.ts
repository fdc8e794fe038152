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
import { ColdItems, type Drawn, searchWithColdBound } from './cold-share.js';
import { diversify, poolSize } from './diversity.js';
import { becauseOf, cellOf, explainPopular, placesByScore } from './explanation.js';
import { ItemFacts } from './item-facts.js';
import type { PrecomputedLists } from './precomputed.js';
import type {
  Explanation,
  ItemDetails,
  PopularItems,
  Recommendation,
  RecommendedItem,
  RecommendRequest,
  Retrieval,
  SimilarItems,
  UserEvents,
} from './recommendation.js';
import { checkRequest, defaultRankerOf, REQUEST_OPTIONS } from './request-options.js';
import { type KnownUser, UserVectors } from './user-vectors.js';

const LIMIT = REQUEST_OPTIONS.limit;
const DEFAULT_COLD_SHARE = REQUEST_OPTIONS.coldShare.default;

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
  /** Reused from request to request: always cleared, to what is not available, before it is filled. */
  readonly #mask: ItemMask;

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
    this.#users = new UserVectors(snapshot, events);
    this.#cold = new ColdItems(snapshot.items.size, snapshot.coldItems);
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
   *   out of its range
   */
  recommend(request: RecommendRequest, effort = this.effort): Recommendation {
    checkRequest(request);
    const listed = effort === this.effort ? this.#listedFor(request) : undefined;
    if (listed) return listed;
    const known = this.#users.find(request);
    const { user, newInteractions, vector } = known;
    this.#mask.clear();
    if (!request.includeSeen) {
      if (user !== undefined) this.#mask.excludeAll(rowIndices(this.#snapshot.seen, user));
      for (const { item } of newInteractions) this.#mask.exclude(item);
    }
    this.#restrict(request);

    if (!vector) {
      const found = this.#mostPopular(defaultRankerOf(this.manifest), request.limit);
      const items = request.explain ? found.map(explainPopular) : found;
      return this.#reply(request, known, items, { source: 'popularity', candidates: items.length, certified: true });
    }
    const drawn = this.#draw(vector, request, effort);
    const items = this.#present(drawn);
    const explained = request.explain ? this.#explain(items, drawn, known) : items;
    return this.#reply(request, known, explained, retrievalOf(this.source.kind, drawn));
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
   * @throws {ShortlistError} `unknown-item`, `invalid-option`
   */
  similar(itemId: string, limit: number): SimilarItems {
    checkOption('limit', LIMIT, limit);
    const item = this.#facts.indexOf(itemId);
    this.#mask.clear();
    this.#mask.exclude(item);
    const query = rowOf(this.#snapshot.itemFactors, item);
    const options = { mask: this.#mask, effort: this.similarity.defaultEffort };
    const most = Math.floor(limit * DEFAULT_COLD_SHARE);
    const candidates = searchWithColdBound(this.similarity, query, limit, options, this.#cold, most);
    return {
      itemId,
      ...this.#facts.titled(item),
      items: this.#present(candidates),
      snapshot: this.manifest.id,
      retrieval: retrievalOf(this.similarity.kind, candidates),
    };
  }

  /**
   * The most popular items.
   * @param options `limit`: items wanted, 1 to 1000. `category`: only items of it. `ranker`: what counts as popular.
   *   Default: what suits the data, see `defaultRankerOf`.
   * @throws {ShortlistError} `unknown-category` when the category has no items; `invalid-option`
   */
  popular(options: { limit: number; category?: string; ranker?: RankerName }): PopularItems {
    const { limit, category, ranker = defaultRankerOf(this.manifest) } = options;
    checkOption('limit', LIMIT, limit);
    this.#mask.clear();
    if (category !== undefined) this.#mask.keepOnly(this.#facts.inCategory(category));
    const items = this.#mostPopular(ranker, limit);
    return { ranker, category: category ?? null, items, snapshot: this.manifest.id };
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
   * Items whose title or id contains `query`, in either case, most rated first.
   * @param limit items wanted, 1 to 1000
   * @throws {ShortlistError} `invalid-option`
   */
  findItems(query: string, limit: number): ItemDetails[] {
    checkOption('limit', LIMIT, limit);
    return this.#snapshot.search.find(query, limit).map(item => this.#facts.details(item));
  }

  /** One object of one shape, spelled out: one that is spread would live until the next major collection. */
  #reply(
    request: RecommendRequest,
    { tier, reason }: Pick<KnownUser, 'tier' | 'reason'>,
    items: readonly RecommendedItem[],
    retrieval: Retrieval,
  ): Recommendation {
    return { userId: request.userId ?? null, items, source: tier, reason, snapshot: this.manifest.id, retrieval };
  }

  /** The answer from the batch, where it has one that is the same as would be computed. */
  #listedFor(request: RecommendRequest): Recommendation | undefined {
    const { userId, limit } = request;
    if (!this.precomputed || userId === undefined || !isPlain(request)) return undefined;
    const user = this.#snapshot.users.indexOf(userId);
    if (user === undefined || this.#users.eventsOf(userId, user).length > 0) return undefined;
    const list = this.precomputed.of(user, limit);
    // The list of the batch may be longer, and so have room for more cold items at its top.
    if (!list || this.#cold.countIn(list.items) > Math.floor(limit * DEFAULT_COLD_SHARE)) return undefined;
    const reason = this.#users.reasonOf(user);
    const { length } = list.items;
    const retrieval: Retrieval = { source: 'precomputed', candidates: length, certified: list.certified };
    return this.#reply(request, { tier: 'model', reason }, this.#present(list), retrieval);
  }

  /** The items of a list, in its order. */
  #draw(vector: Float32Array, request: RecommendRequest, effort: Effort): Drawn {
    const { limit, coldShare = DEFAULT_COLD_SHARE, diversity = 0 } = request;
    const { arena, itemFactors, manifest } = this.#snapshot;
    const most = Math.floor(limit * coldShare);
    const options = { mask: this.#mask, effort };
    const draw = (k: number) => searchWithColdBound(this.source, vector, k, options, this.#cold, most);
    if (diversity === 0) return draw(limit);
    const pool = draw(poolSize(limit));
    const others = pool.items.length - this.#cold.countIn(pool.items);
    const mostCold = Math.max(most, Math.min(limit, pool.items.length) - others);
    const columns = likenessColumns(itemFactors, manifest.objective.algorithm);
    const isCold = (item: number) => this.#cold.has(item);
    const places = diversify(arena, itemFactors, columns, pool, limit, diversity, isCold, mostCold);
    return {
      ...pool,
      items: Uint32Array.from(places, place => pool.items[place]!),
      scores: Float32Array.from(places, place => pool.scores[place]!),
    };
  }

  /** Applies the request's own filters to the mask. */
  #restrict(request: RecommendRequest): void {
    const { items } = this.#snapshot;
    const known = (ids: readonly string[]) => ids.map(id => items.indexOf(id)).filter(index => index !== undefined);
    if (request.only) this.#mask.keepOnly(known(request.only));
    const categories = request.categories?.map(name => this.#facts.inCategory(name));
    if (request.match === 'all') for (const members of categories ?? []) this.#mask.keepOnly(members);
    else if (categories) this.#mask.keepOnly(eachOf(categories));
    this.#mask.excludeAll(known(request.exclude ?? []));
  }

  /** The items that the mask leaves, most popular first. */
  #mostPopular(ranker: RankerName, limit: number): RecommendedItem[] {
    const { order, scores } = this.#snapshot.popularity[ranker];
    const wanted = Math.min(limit, this.#mask.eligible);
    const items: RecommendedItem[] = [];
    for (let i = 0; items.length < wanted; i++) {
      const item = order[i]!;
      if (!this.#mask.has(item)) items.push(this.#facts.recommended(item, scores[item]!));
    }
    return items;
  }

  #present(candidates: Pick<Candidates, 'items' | 'scores'>): RecommendedItem[] {
    return Array.from(candidates.items, (item, i) => this.#facts.recommended(item, candidates.scores[i]!));
  }

  #explain(items: readonly RecommendedItem[], drawn: Drawn, known: KnownUser): RecommendedItem[] {
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
        rank: i + 1,
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
  const { history, exclude, only, categories, coldShare = DEFAULT_COLD_SHARE, diversity = 0 } = request;
  if (history || exclude || only || categories || request.includeSeen || request.explain) return false;
  return coldShare === DEFAULT_COLD_SHARE && diversity === 0;
}

function retrievalOf(source: Retrieval['source'], candidates: Candidates): Retrieval {
  return { source, candidates: candidates.scanned, certified: candidates.certified };
}

/** The items of one category after the other. */
function* eachOf(categories: readonly Uint32Array[]): Generator<number> {
  for (const items of categories) yield* items;
}
