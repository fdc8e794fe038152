/** The library: what programs may import from `shortlist`. Everything else may change without notice. */

export type { FileReading } from './base/tables/file-reading.js';
export { type ErrorCode, type ErrorFields, ShortlistError } from './errors.js';
export type { EventWeights, InteractionOptions } from './learn/ratings/interaction-options.js';
export { type Rating, ratingsFrom } from './learn/ratings/ratings-from.js';
export type { RatingsReading, Remark } from './learn/ratings/ratings-reading.js';
export type { CatalogueItem, RatingsTable, RepeatRule, ValueKind } from './learn/ratings/ratings-table.js';
export { type ReadItemsOptions, readItems } from './learn/ratings/read-items.js';
export { type ReadRatingsOptions, readRatings } from './learn/ratings/read-ratings.js';
export { CsvEventLog, type EventLogOptions } from './recommend/events/csv-log.js';
export type { EventColumns, EventStore, EventStoreStatus, LoggedEvent } from './recommend/events/event-store.js';
export { logInteractions, type NewInteraction } from './recommend/events/new-interactions.js';
export { LiveSnapshot, type LiveSnapshotOptions, type SnapshotChange } from './recommend/live-snapshot.js';
export type {
  FoundCategories,
  FoundItems,
  HistoryEntry,
  ItemDetails,
  PopularItems,
  PopularRequest,
  Recommendation,
  RecommendedItem,
  RecommendRequest,
  SimilarItems,
  SimilarOptions,
} from './recommend/recommendation.js';
export type { Recommender } from './recommend/recommender.js';
export { Metrics } from './serve/http/metrics.js';
export { type ApiOptions, type ApiRouter, createRouter } from './serve/http/router.js';
export { type BuildOptions, buildSnapshot } from './snapshot/build.js';
export type { Manifest } from './snapshot/manifest.js';
export type { BuildProgress } from './snapshot/publish-factors.js';
export { SnapshotStore } from './snapshot/store.js';
export { earlierFactors } from './snapshot/warm-start.js';
