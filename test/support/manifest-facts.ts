import type { ManifestFacts } from '../../src/snapshot/store.js';

/** A manifest of almost nothing, for tests of the store itself. */
export const manifestFacts: ManifestFacts = {
  parameters: { seed: 1 },
  objective: { algorithm: 'sgd', regularization: 0.1, meanRating: 3 },
  dataset: {
    users: 1,
    coldItems: 0,
    items: 1,
    ratings: 1,
    duplicates: 0,
    rejected: 0,
    rated: true,
    meanRating: 3,
    from: null,
    to: null,
  },
  model: { columns: 3, loss: 1 },
  retrieval: {
    operatingPoint: { source: 'exact', effort: 'exact', k: 100 },
    target: 0.99,
    targetReached: true,
    curve: [{ source: 'exact', effort: 'exact', recall: 1, recallAtLimit: 1, certified: 1, p50us: 1 }],
    checked: { users: 1, recall: 1, recallAtLimit: 1 },
    buildSeconds: {},
    hnsw: null,
    similarity: { effort: 'exact', recall: 1 },
  },
  seconds: { total: 1 },
};
