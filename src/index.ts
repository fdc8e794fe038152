/** The library: what programs may import from `shortlist`. Everything else may change without notice. */
export { type ErrorCode, ShortlistError } from './errors.js';
export type { CatalogueItem, RatingsTable } from './learn/ratings/ratings-table.js';
export { type ReadItemsOptions, readItems } from './learn/ratings/read-items.js';
export { type ReadRatingsOptions, readRatings } from './learn/ratings/read-ratings.js';
export { type BuildOptions, buildSnapshot } from './snapshot/build.js';
export type { Manifest } from './snapshot/manifest.js';
export type { BuildProgress } from './snapshot/publish-factors.js';
export { SnapshotStore } from './snapshot/store.js';
