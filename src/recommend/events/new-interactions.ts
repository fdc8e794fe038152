import { MAX_ID_LENGTH } from '../../base/tables/plain-id.js';
import { ShortlistError } from '../../errors.js';
import type { Manifest } from '../../snapshot/manifest.js';
import { checkValue } from '../value-range.js';
import type { EventColumns, EventStore, LoggedEvent } from './event-store.js';

/** What somebody did, as an application reports it. */
export interface NewInteraction {
  /** Known to the snapshot or not: it may be in the next one. Of characters that `LOGGABLE` allows, at least one. */
  readonly userId: string;
  /** Likewise. */
  readonly itemId: string;
  /**
   * Rating, label or quantity, finite, on the scale of the snapshot's data; see `checkValue`. Default: the mean rating of the
   * snapshot, or the lowest that its training takes; 1 where its values are no ratings.
   */
  readonly value?: number | undefined;
  /** ISO 8601, from 1970 on and at most five minutes ahead, which then counts as now. Default: now. */
  readonly timestamp?: string | undefined;
}

/** Ids that a line of a log holds, and every reader gives back as they were. */
export const LOGGABLE = /^[^\p{Cc}\p{Cs}\uFEFF]*$/u;

/** How far the clock of a client may be ahead of ours. */
export const MAX_AHEAD_SECONDS = 300;

/**
 * Adds interactions to a store, in such a way that a build can read them together with the ratings of a snapshot. From
 * then on the recommendations of a `LiveSnapshot` with this store take them into account.
 * @param manifest of the snapshot: `live.recommender.manifest`
 * @returns a promise that resolves when the interactions are durable
 * @throws {ShortlistError} `invalid-option` for what a log cannot hold, `value-out-of-scale`, and then none are added;
 *   `events-unavailable`, `overloaded`
 * @example
 * const events = await CsvEventLog.open('data/events');
 * const live = await LiveSnapshot.open({ store, events });
 * await logInteractions(events, [{ userId: '7', itemId: '50' }], live.recommender.manifest);
 */
export async function logInteractions(
  store: Pick<EventStore, 'append'> & Partial<Pick<EventStore, 'of' | 'timestampOf'>>,
  interactions: readonly NewInteraction[],
  manifest: Manifest,
): Promise<void> {
  interactions.forEach((interaction, place) => {
    check(interaction, place);
    checkValue(interaction.value, manifest.dataset, 'events', place);
  });
  await store.append(storedEvents(interactions, manifest, store), columnsLike(manifest));
}

/** One that a log cannot hold would be lost, or keep the next build from reading it. */
function check({ userId, itemId, value = 0, timestamp = '1970-01-01' }: NewInteraction, place: number): void {
  const isId = (id: unknown): boolean =>
    typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH && LOGGABLE.test(id);
  const refuse = (option: string, expected: string, got: unknown): never => {
    const message = `\`${option}\` of interaction ${place} must be ${expected}, got ${JSON.stringify(got)}.`;
    throw new ShortlistError('invalid-option', message, { option, place, value: String(got) });
  };
  const expectedId = `text of 1 to ${MAX_ID_LENGTH} characters without line breaks, other control characters, and broken Unicode`;
  if (!isId(userId)) refuse('userId', expectedId, userId);
  if (!isId(itemId)) refuse('itemId', expectedId, itemId);
  if (!Number.isFinite(value)) refuse('value', 'a finite number', String(value));
  const time = Date.parse(timestamp);
  if (!(time >= 0 && time <= Date.now() + MAX_AHEAD_SECONDS * 1000)) {
    const expected = `an ISO 8601 time from 1970 on and at most ${MAX_AHEAD_SECONDS / 60} minutes ahead`;
    refuse('timestamp', expected, timestamp);
  }
}

/** Columns of a log that can be read together with the ratings of a snapshot: files with others are refused. */
function columnsLike({ dataset }: Manifest): EventColumns {
  return { rated: dataset.rated, timed: dataset.from !== null };
}

/**
 * The order in which events of a user and an item come decides, here and in the next build, where the latest time does: a
 * clock that is late must not make an event older than one before it.
 */
function storedEvents(
  interactions: readonly NewInteraction[],
  manifest: Manifest,
  store: Partial<Pick<EventStore, 'of' | 'timestampOf'>>,
): LoggedEvent[] {
  const ordinary = ordinaryValue(manifest);
  const now = Date.now();
  const latest = new Map<string, number>();
  const loggedAt = (userId: string, itemId: string) =>
    store.timestampOf
      ? store.timestampOf(userId, itemId)
      : store.of?.(userId)?.find(event => event.itemId === itemId)?.timestamp;
  return interactions.map(({ userId, itemId, value = ordinary, timestamp }) => {
    const pair = JSON.stringify([userId, itemId]);
    const before = latest.get(pair) ?? loggedAt(userId, itemId) ?? 0;
    const seconds = Math.floor((timestamp === undefined ? now : Math.min(now, Date.parse(timestamp))) / 1000);
    latest.set(pair, Math.max(before, seconds));
    return { userId, itemId, value, timestamp: Math.max(before, seconds) };
  });
}

/**
 * The value of an event that comes without one. Among ratings it is the mean of the snapshot's, so that it shifts no mean,
 * or where the training leaves low ratings out the lowest that it takes. A label says yes, and a quantity is one.
 */
function ordinaryValue({ dataset, objective }: Manifest): number | undefined {
  const { meanRating, valueKind = 'ratings' } = dataset;
  if (meanRating === null) return undefined;
  if (valueKind !== 'ratings') return 1;
  return Math.max(meanRating, objective.algorithm === 'als' ? objective.minRating : Number.NEGATIVE_INFINITY);
}
