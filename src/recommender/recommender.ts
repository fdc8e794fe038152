import { setImmediate as nextTurn } from 'node:timers/promises';
import { rowIndices, rowValues } from '../dataset/csr.js';
import type { ItemIndex, UserIndex } from '../dataset/id-map.js';
import { ShortlistError } from '../errors.js';
import { FoldIn, type FoldInEntry } from '../model/fold-in.js';
import type { RankerName } from '../model/ranker-name.js';
import { rowOf } from '../numeric/matrix.js';
import type { CandidateSource, Candidates, Effort } from '../retrieval/candidate-source.js';
import { ItemMask } from '../retrieval/item-mask.js';
import type { Manifest } from '../snapshot/manifest.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { becauseOf } from './explanation.js';
import type { PrecomputedList, PrecomputedLists } from './precomputed.js';
import type {
  ItemDetails,
  PopularItems,
  Recommendation,
  RecommendedItem,
  RecommendRequest,
  Retrieval,
  SimilarItems,
  Tier,
} from './recommendation.js';

/** Ranker of the lists for users nobody knows anything about. */
export const DEFAULT_RANKER: RankerName = 'damped-mean';

/** Rounds of `warmUp`, and the length of the list in its first: scratch memory then has the size that it will keep. */
const WARM_UP_REQUESTS = 100;
const WARM_UP_LIMIT = 1000;

/**
 * Answers requests from one snapshot: candidates from its tuned source, masked, ranked by exact dot products; users it
 * knows nothing about get the popularity ranking. Synchronous and without state that a request could see of another.
 */
export class Recommender {
  readonly manifest: Manifest;
  readonly #snapshot: Snapshot;
  readonly #foldIn: FoldIn;
  /** Reused from request to request: always cleared before it is filled. */
  readonly #mask: ItemMask;

  /**
   * @param source where candidates come from
   * @param effort how hard it searches
   * @param similarity finds items by cosine
   * @param precomputed lists of a batch with this snapshot, which answer plain requests
   */
  constructor(
    snapshot: Snapshot,
    private readonly source: CandidateSource,
    private readonly effort: Effort,
    private readonly similarity: CandidateSource,
    private readonly precomputed?: PrecomputedLists,
  ) {
    this.#snapshot = snapshot;
    this.manifest = snapshot.manifest;
    this.#foldIn = new FoldIn(snapshot.manifest.objective, snapshot.itemFactors, snapshot.gram);
    this.#mask = new ItemMask(snapshot.arena, snapshot.items.size);
  }

  /**
   * Answers some requests of every kind, so that the first real ones find code, caches and scratch memory ready. Other
   * work goes on in between.
   */
  async warmUp(): Promise<void> {
    const { users, items } = this.#snapshot;
    for (let i = 0; i < WARM_UP_REQUESTS; i++) {
      const userId = users.idOf(Math.floor((i / WARM_UP_REQUESTS) * users.size) as UserIndex);
      const itemId = items.idOf(Math.floor((i / WARM_UP_REQUESTS) * items.size) as ItemIndex);
      this.recommend({ userId, limit: i === 0 ? WARM_UP_LIMIT : 10 });
      this.similar(itemId, i === 0 ? WARM_UP_LIMIT : 10);
      this.popular({ limit: 10 });
      await nextTurn();
    }
  }

  /**
   * Recommendations for a user, from the best tier that knows anything about them.
   * @param effort how hard to search, other than as tuned
   * @throws {ShortlistError} `unknown-category` when a category of the request has no items
   */
  recommend(request: RecommendRequest, effort = this.effort): Recommendation {
    const user = request.userId === undefined ? undefined : this.#snapshot.users.indexOf(request.userId);
    const listed =
      effort === this.effort && user !== undefined && isPlain(request) && this.precomputed?.of(user, request.limit);
    if (listed) return this.#fromList(request, listed);
    const news = this.#newsIn(request);
    this.#mask.clear();
    if (!request.includeSeen) {
      if (user !== undefined) this.#mask.excludeAll(rowIndices(this.#snapshot.seen, user));
      for (const { item } of news) this.#mask.exclude(item);
    }
    this.#restrict(request);

    const { vector, tier } = this.#vectorOf(user, news);
    const reply = { userId: request.userId ?? null, source: tier, snapshot: this.manifest.id };
    if (!vector) {
      const items = this.#mostPopular(DEFAULT_RANKER, request.limit);
      return { ...reply, items, retrieval: { source: 'popularity', candidates: items.length, certified: true } };
    }
    const candidates = this.source.search(vector, request.limit, { mask: this.#mask, effort });
    const items = this.#present(candidates);
    return {
      ...reply,
      items: request.explain ? this.#explain(items, this.#historyOf(user, news)) : items,
      retrieval: retrievalOf(this.source.kind, candidates),
    };
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
   * @throws {ShortlistError} `unknown-item`
   */
  similar(itemId: string, limit: number): SimilarItems {
    const item = this.#itemIndex(itemId);
    this.#mask.clear();
    this.#mask.exclude(item);
    const candidates = this.similarity.search(rowOf(this.#snapshot.itemFactors, item), limit, { mask: this.#mask });
    return {
      itemId,
      ...this.#titled(item),
      items: this.#present(candidates),
      snapshot: this.manifest.id,
      retrieval: retrievalOf(this.similarity.kind, candidates),
    };
  }

  /**
   * The most popular items by one ranker.
   * @throws {ShortlistError} `unknown-category` when the category has no items
   */
  popular(options: { limit: number; category?: string; ranker?: RankerName }): PopularItems {
    const { limit, category, ranker = DEFAULT_RANKER } = options;
    this.#mask.clear();
    if (category !== undefined) this.#mask.keepOnly(this.#category(category));
    const items = this.#mostPopular(ranker, limit);
    return { ranker, category: category ?? null, items, snapshot: this.manifest.id };
  }

  /** @throws {ShortlistError} `unknown-item` */
  item(itemId: string): ItemDetails {
    return this.#details(this.#itemIndex(itemId));
  }

  /** Items whose title or id contains `query`, in either case, most rated first. */
  findItems(query: string, limit: number): ItemDetails[] {
    return this.#snapshot.search.find(query, limit).map(item => this.#details(item));
  }

  #fromList({ userId }: RecommendRequest, { items, scores, certified }: PrecomputedList): Recommendation {
    const candidates = { items, scores, certified, scanned: items.length };
    return {
      userId: userId ?? null,
      items: this.#present(candidates),
      source: 'model',
      snapshot: this.manifest.id,
      retrieval: retrievalOf('precomputed', candidates),
    };
  }

  /** The part of the request's history that is about known items. */
  #newsIn({ history = [] }: RecommendRequest): FoldInEntry[] {
    const { items } = this.#snapshot;
    return history.flatMap(({ itemId, value }) => {
      const item = items.indexOf(itemId);
      return item === undefined ? [] : [{ item, value }];
    });
  }

  /** What the user is known to have had to do with: the snapshot's interactions, replaced and extended by the news. */
  #historyOf(user: UserIndex | undefined, news: readonly FoldInEntry[]): FoldInEntry[] {
    const { seen, manifest } = this.#snapshot;
    const entries = new Map<number, FoldInEntry>();
    if (user !== undefined) {
      const values = rowValues(seen, user);
      rowIndices(seen, user).forEach((item, i) => {
        entries.set(item, { item, value: manifest.dataset.rated ? values[i] : undefined });
      });
    }
    for (const entry of news) entries.set(entry.item, entry);
    return [...entries.values()];
  }

  #vectorOf(
    user: UserIndex | undefined,
    news: readonly FoldInEntry[],
  ): { vector: Float32Array | undefined; tier: Tier } {
    if (user !== undefined && news.length === 0) {
      const vector = rowOf(this.#snapshot.userFactors, user);
      // A user whose interactions all fell below the rating threshold was not trained on: a zero vector ranks nothing.
      if (vector.some(value => value !== 0)) return { vector, tier: 'model' };
    }
    const vector = news.length > 0 ? this.#foldIn.vectorOf(this.#historyOf(user, news)) : undefined;
    return vector ? { vector, tier: 'fold-in' } : { vector: undefined, tier: 'popularity' };
  }

  /** Applies the request's own filters to the mask. */
  #restrict(request: RecommendRequest): void {
    const { items } = this.#snapshot;
    const known = (ids: readonly string[]) => ids.map(id => items.indexOf(id)).filter(index => index !== undefined);
    if (request.only) this.#mask.keepOnly(known(request.only));
    if (request.categories) this.#mask.keepOnly(new Set(request.categories.flatMap(name => [...this.#category(name)])));
    this.#mask.excludeAll(known(request.exclude ?? []));
  }

  /** The items that the mask leaves, most popular first. */
  #mostPopular(ranker: RankerName, limit: number): RecommendedItem[] {
    const { order, scores } = this.#snapshot.popularity[ranker];
    const wanted = Math.min(limit, this.#mask.eligible);
    const items: RecommendedItem[] = [];
    for (let i = 0; items.length < wanted; i++) {
      const item = order[i]! as ItemIndex;
      if (!this.#mask.has(item)) items.push(this.#recommended(item, scores[item]!));
    }
    return items;
  }

  #present(candidates: Candidates): RecommendedItem[] {
    return Array.from(candidates.items, (item, i) => this.#recommended(item as ItemIndex, candidates.scores[i]!));
  }

  #recommended(item: ItemIndex, score: number): RecommendedItem {
    return { itemId: this.#snapshot.items.idOf(item), score, ...this.#titled(item) };
  }

  #titled(item: ItemIndex): { title?: string } {
    const title = this.#snapshot.catalogue.titleOf(item);
    return title === undefined ? {} : { title };
  }

  #explain(items: readonly RecommendedItem[], history: readonly FoldInEntry[]): RecommendedItem[] {
    return items.map(recommended => ({
      ...recommended,
      explanation: {
        because: becauseOf(
          this.#snapshot.itemFactors,
          this.#itemIndex(recommended.itemId),
          history.map(entry => entry.item),
        ).map(({ item, similarity }) => ({
          itemId: this.#snapshot.items.idOf(item as ItemIndex),
          ...this.#titled(item as ItemIndex),
          similarity,
        })),
      },
    }));
  }

  #details(item: ItemIndex): ItemDetails {
    const { items, catalogue, popularity, manifest } = this.#snapshot;
    return {
      itemId: items.idOf(item),
      ...this.#titled(item),
      categories: catalogue.categoriesOf(item),
      ratings: popularity.count.scores[item]!,
      meanRating: manifest.dataset.rated ? popularity.mean.scores[item]! : null,
    };
  }

  #itemIndex(itemId: string): ItemIndex {
    const item = this.#snapshot.items.indexOf(itemId);
    if (item !== undefined) return item;
    throw new ShortlistError('unknown-item', `There is no item "${itemId}" in this snapshot.`, { itemId });
  }

  #category(name: string): Uint32Array {
    const members = this.#snapshot.catalogue.inCategory(name);
    if (members) return members;
    const { categories } = this.#snapshot.catalogue;
    const shown = categories.slice(0, 30).join(', ') + (categories.length > 30 ? ', …' : '');
    throw new ShortlistError(
      'unknown-category',
      categories.length > 0
        ? `No item is in the category "${name}". There are: ${shown}.`
        : `No item is in the category "${name}": this snapshot has no categories (rebuild with --items).`,
      { category: name },
    );
  }
}

/** Whether a request asks for nothing but the best items of a user. */
function isPlain(request: RecommendRequest): boolean {
  for (const name in request) {
    const value = request[name as keyof RecommendRequest];
    if (name !== 'userId' && name !== 'limit' && value !== undefined && value !== false) return false;
  }
  return true;
}

function retrievalOf(source: Retrieval['source'], candidates: Candidates): Retrieval {
  return { source, candidates: candidates.scanned, certified: candidates.certified };
}
