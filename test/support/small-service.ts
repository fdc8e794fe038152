import { ShortlistError } from '../../src/errors.js';
import type { Recommendation, RecommendRequest } from '../../src/recommend/recommendation.js';
import type { Live, RecommendationService } from '../../src/serve/http/endpoint.js';
import { FORMAT_VERSION, type Manifest } from '../../src/snapshot/manifest.js';

export const SNAPSHOT_ID = '20260101T000000000Z-00000000';

const TITLES = ['Alien', 'Brazil', 'Casablanca'];

const manifest: Manifest = {
  formatVersion: FORMAT_VERSION,
  id: SNAPSHOT_ID,
  created: '2026-01-01T00:00:00.000Z',
  parameters: { factors: 2 },
  objective: {
    algorithm: 'als',
    regularization: 0.1,
    regularizationExponent: 1,
    unobservedWeight: 0.1,
    alpha: 0,
    minRating: 0,
  },
  dataset: {
    users: 1,
    items: 3,
    coldItems: 0,
    ratings: 1,
    duplicates: 0,
    rejected: 0,
    rated: true,
    meanRating: 4,
    from: null,
    to: null,
  },
  model: { columns: 2, loss: 1 },
  retrieval: {
    operatingPoint: { source: 'exact', effort: 0, k: 100 },
    target: 0.99,
    targetReached: true,
    curve: [],
    checked: { users: 1, recall: 1, recallAtLimit: 1 },
    buildSeconds: {},
    hnsw: null,
    similarity: { effort: 'exact', recall: 1 },
  },
  seconds: { total: 1 },
  files: {},
};

/**
 * A catalogue of three films behind the interface of the real recommender, whose replies show what was asked: for tests
 * of what HTTP makes of requests. `requests` keeps what `recommend` was given.
 */
export function smallService(requests: RecommendRequest[] = []): RecommendationService {
  const known = (itemId: string) => {
    const index = ['a', 'b', 'c'].indexOf(itemId);
    if (index < 0)
      throw new ShortlistError('unknown-item', `There is no item "${itemId}" in this snapshot.`, { itemId });
    return { itemId, title: TITLES[index]!, categories: ['Film'], ratings: 3 - index, meanRating: 4 };
  };
  const checkCategories = (names: readonly string[] = []) => {
    const category = names.find(name => name !== 'Film');
    if (category !== undefined)
      throw new ShortlistError('unknown-category', `No item is in "${category}".`, { category });
  };
  const list = (limit: number) =>
    ['a', 'b', 'c'].slice(0, limit).map((itemId, i) => ({ itemId, score: 1 - i / 4, title: TITLES[i]! }));
  return {
    manifest,
    recommend(request): Recommendation {
      requests.push(request);
      checkCategories(request.categories);
      return {
        userId: request.userId ?? null,
        items: list(request.limit),
        next: null,
        ...(request.userId === 'ann'
          ? { source: 'model', reason: 'trained' }
          : { source: 'popularity', reason: 'unknown-user' }),
        snapshot: SNAPSHOT_ID,
        retrieval: { source: 'exact', candidates: 3, certified: true },
      };
    },
    recallOf: () => 1,
    similar: (itemId, limit) => ({
      itemId: known(itemId).itemId,
      title: known(itemId).title,
      items: list(limit),
      next: null,
      snapshot: SNAPSHOT_ID,
      retrieval: { source: 'exact', candidates: 3, certified: true },
    }),
    popular({ limit, categories = [], ranker = 'damped-mean' }) {
      checkCategories(categories);
      return { ranker, category: categories[0] ?? null, items: list(limit), next: null, snapshot: SNAPSHOT_ID };
    },
    knows: itemId => ['a', 'b', 'c'].includes(itemId),
    item: known,
    searchItems: (query, limit) => {
      const found = ['a', 'b', 'c'].map(known).filter(({ title }) => title.toLowerCase().includes(query.toLowerCase()));
      return { items: found.slice(0, limit), next: null, snapshot: SNAPSHOT_ID };
    },
    categories: () => ({ categories: [{ name: 'Film', items: 3 }], next: null, snapshot: SNAPSHOT_ID }),
  };
}

/** What answers from one recommender and cannot change; not ready without one. */
export function liveWith(recommender?: RecommendationService, events?: Live['events']): Live {
  const notReady = () => new ShortlistError('not-ready', 'There is no snapshot to change to.');
  return {
    get recommender() {
      if (recommender) return recommender;
      throw notReady();
    },
    isReady: recommender !== undefined,
    events,
    reload: () => Promise.reject(notReady()),
    rollback: () => Promise.reject(notReady()),
  };
}
