import type { z } from 'zod';
import type { EventColumns, LoggedEvent } from '../../recommend/events/event-line.js';
import type { Manifest } from '../../snapshot/manifest.js';
import type { eventsBody } from './requests.js';

type NewEvent = z.output<typeof eventsBody>['events'][number];

/** Columns of a log that can be read together with the ratings of a snapshot: files with others are refused. */
export function columnsLike({ dataset }: Manifest): EventColumns {
  return { rated: dataset.rated, timed: dataset.from !== null };
}

/**
 * Events as the log holds them. Among ratings each needs one: an event without a value gets the mean of the snapshot's, so
 * that it shifts no mean, or where the training leaves low ratings out the lowest that it takes.
 */
export function eventsOf(events: readonly NewEvent[], { dataset, objective }: Manifest): LoggedEvent[] {
  const least = objective.algorithm === 'als' ? objective.minRating : Number.NEGATIVE_INFINITY;
  const ordinary = dataset.meanRating === null ? undefined : Math.max(dataset.meanRating, least);
  const now = Date.now();
  return events.map(({ userId, itemId, value = ordinary, timestamp }) => ({
    userId,
    itemId,
    value,
    timestamp: Math.floor((timestamp === undefined ? now : Date.parse(timestamp)) / 1000),
  }));
}
