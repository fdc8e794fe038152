import type { Manifest } from '../../snapshot/manifest.js';
import type { EventColumns, EventStore, LoggedEvent } from './event-store.js';

/** What somebody did, as an application reports it. */
export interface NewInteraction {
  readonly userId: string;
  readonly itemId: string;
  /** Rating or weight. Default: what says as little as possible, see `storedEvents`. */
  readonly value?: number | undefined;
  /** ISO 8601. Default: now. */
  readonly timestamp?: string | undefined;
}

/**
 * Adds interactions to a store, in such a way that a rebuild can read them together with the ratings of a snapshot.
 * @throws {ShortlistError} `events-unavailable`, `overloaded`
 */
export function logInteractions(
  store: Pick<EventStore, 'append'>,
  interactions: readonly NewInteraction[],
  manifest: Manifest,
): Promise<void> {
  return store.append(storedEvents(interactions, manifest), columnsLike(manifest));
}

/** Columns of a log that can be read together with the ratings of a snapshot: files with others are refused. */
function columnsLike({ dataset }: Manifest): EventColumns {
  return { rated: dataset.rated, timed: dataset.from !== null };
}

/**
 * Among ratings each event needs one: one without a value gets the mean of the snapshot's, so that it shifts no mean, or
 * where the training leaves low ratings out the lowest that it takes.
 */
function storedEvents(interactions: readonly NewInteraction[], { dataset, objective }: Manifest): LoggedEvent[] {
  const least = objective.algorithm === 'als' ? objective.minRating : Number.NEGATIVE_INFINITY;
  const ordinary = dataset.meanRating === null ? undefined : Math.max(dataset.meanRating, least);
  const now = Date.now();
  return interactions.map(({ userId, itemId, value = ordinary, timestamp }) => ({
    userId,
    itemId,
    value,
    timestamp: Math.floor((timestamp === undefined ? now : Date.parse(timestamp)) / 1000),
  }));
}
