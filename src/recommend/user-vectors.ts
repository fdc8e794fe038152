import { rowOf } from '../base/numeric/matrix.js';
import { firstAtLeast } from '../base/numeric/sorting.js';
import { rowIndices, rowValues } from '../base/numeric/sparse.js';
import type { UserIndex } from '../learn/dataset/id-map.js';
import { AverageUser, FEW_INTERACTIONS } from '../learn/model/average-user.js';
import { FoldIn, type FoldInEntry, MAX_FOLDED } from '../learn/model/fold-in.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { FoldedUsers } from './folded-users.js';
import type { Reason, RecommendRequest, Tier, UserEvents } from './recommendation.js';

/** What a snapshot and a request know together of a user. */
export interface KnownUser {
  readonly user: UserIndex | undefined;
  /** Those that say something which the snapshot does not know. */
  readonly newEvents: readonly FoldInEntry[];
  /** The new events and the part of the request's history that are about known items. */
  readonly newInteractions: readonly FoldInEntry[];
  /** Undefined where only popularity is left. */
  readonly vector: Float32Array | undefined;
  readonly tier: Tier;
  readonly reason: Reason;
}

/** Finds the vector of whoever asks, from the best tier that knows anything about them. */
export class UserVectors {
  readonly foldIn: FoldIn;
  readonly #folded = new FoldedUsers<KnownUser>();
  /** Of each item 0, or while a history is put together 1 + its place there. */
  readonly #places: Uint32Array;

  constructor(
    private readonly snapshot: Snapshot,
    private readonly events?: UserEvents,
  ) {
    const { arena, manifest, itemFactors, gram, averageUser, items, coldItems, gramBasis } = snapshot;
    const average = averageUser ? new AverageUser(averageUser) : undefined;
    const trained = items.size - coldItems.length;
    this.foldIn = new FoldIn(arena, manifest.objective, itemFactors, gram, trained, average, gramBasis);
    this.#places = new Uint32Array(items.size);
  }

  find(request: RecommendRequest): KnownUser {
    const { userId, history = [] } = request;
    const user = userId === undefined ? undefined : this.snapshot.users.indexOf(userId);
    if (userId === undefined || history.length > 0) return this.#find(request, user, this.eventsOf(userId, user));
    const version = this.events?.versionOf?.(userId);
    const unchanged = this.#folded.at(userId, version);
    if (unchanged) return unchanged;
    const events = this.eventsOf(userId, user);
    if (events.length === 0) return this.#find(request, user, events);
    const same = this.#folded.with(events, userId, version);
    if (same) return same;
    const found = this.#find(request, user, events);
    this.#folded.keep(found, userId, version);
    return found;
  }

  #find(request: RecommendRequest, user: UserIndex | undefined, newEvents: readonly FoldInEntry[]): KnownUser {
    const history = this.#entriesOf(request);
    const newInteractions = newEvents.concat(history);
    if (newInteractions.length > 0) {
      const trained = user === undefined ? undefined : rowOf(this.snapshot.userFactors, user);
      const vector = this.foldIn.vectorOf(this.historyOf({ user, newInteractions }), trained);
      return vector
        ? {
            user,
            newEvents,
            newInteractions,
            vector,
            tier: 'fold-in',
            reason: history.length > 0 ? 'history' : 'events',
          }
        : { user, newEvents, newInteractions, vector, tier: 'popularity', reason: 'history-without-likes' };
    }
    if (user !== undefined) {
      const vector = rowOf(this.snapshot.userFactors, user);
      // A user whose interactions all fell below the rating threshold was not trained on: a zero vector ranks nothing.
      if (vector.some(value => value !== 0)) {
        return { user, newEvents, newInteractions, vector, tier: 'model', reason: this.reasonOf(user) };
      }
    }
    const reason = (): Reason => {
      if ((request.history?.length ?? 0) > 0) return 'history-unknown';
      if (user !== undefined) return 'not-trained';
      return request.userId === undefined ? 'no-user' : 'unknown-user';
    };
    return { user, newEvents, newInteractions, vector: undefined, tier: 'popularity', reason: reason() };
  }

  /** The events of a user that say something which the snapshot does not know. */
  eventsOf(userId: string | undefined, user: UserIndex | undefined): FoldInEntry[] {
    const events = userId === undefined ? undefined : this.events?.of(userId);
    if (!events) return [];
    const { items, seen, manifest } = this.snapshot;
    const { rated, to, valueKind } = manifest.dataset;
    const known = user === undefined ? [] : rowIndices(seen, user);
    const newest = to === null ? Number.NEGATIVE_INFINITY : Date.parse(to) / 1000;
    const entries: FoldInEntry[] = [];
    for (const { itemId, value, total = value, timestamp } of events) {
      const item = items.indexOf(itemId);
      if (item === undefined) continue;
      // Where the snapshot has a value of this item, it may be the event's own, or one that was given after it.
      const place = firstAtLeast(known, item);
      const before = known[place] === item ? rowValues(seen, user!)[place]! : undefined;
      if (before !== undefined && (!rated || timestamp <= newest)) continue;
      if (valueKind === 'quantities' || !rated) {
        // Without times nobody can tell whether the snapshot's quantity holds the event's.
        if (before === undefined) entries.push({ item, value: total });
        else if (to !== null) entries.push({ item, value: before + (value ?? 1) });
      } else if (before !== Math.fround(value ?? 1)) {
        entries.push({ item, value: this.#opinionOf(value) });
      }
    }
    return entries;
  }

  /**
   * What the user is known to have had to do with, each item once: what is new, then what training took of the snapshot's
   * interactions. Where that is more than can be folded in, the latter are thinned out evenly.
   */
  historyOf({ user, newInteractions }: Pick<KnownUser, 'user' | 'newInteractions'>): FoldInEntry[] {
    const places = this.#places;
    const entries: FoldInEntry[] = [];
    for (const entry of newInteractions) {
      // Of an item that is there twice the last counts, at the place of the first.
      places[entry.item] ||= entries.length + 1;
      entries[places[entry.item]! - 1] = entry;
    }
    if (user !== undefined) {
      const items = rowIndices(this.snapshot.seen, user);
      const values = rowValues(this.snapshot.seen, user);
      const minRating = this.#minRating;
      const taken = Math.min(items.length, Math.max(0, MAX_FOLDED - entries.length));
      for (let i = 0; i < taken; i++) {
        const at = Math.floor((i * items.length) / taken);
        const item = items[at]!;
        if (places[item] === 0 && !(values[at]! < minRating)) entries.push({ item, value: values[at]! });
      }
    }
    for (const { item } of entries) places[item] = 0;
    return entries;
  }

  /** Why a user who was trained is answered from the model: whether the vector is the average one in good part. */
  reasonOf(user: UserIndex): 'trained' | 'few-interactions' {
    if (!this.snapshot.averageUser) return 'trained';
    const values = rowValues(this.snapshot.seen, user);
    let counted = 0;
    for (let i = 0; i < values.length && counted < FEW_INTERACTIONS; i++) {
      if (values[i]! >= this.#minRating) counted++;
    }
    return counted < FEW_INTERACTIONS ? 'few-interactions' : 'trained';
  }

  /** The part of the request's history that is about known items. */
  #entriesOf({ history = [] }: RecommendRequest): FoldInEntry[] {
    const { items } = this.snapshot;
    const entries: FoldInEntry[] = [];
    for (const { itemId, value } of history) {
      const item = items.indexOf(itemId);
      if (item !== undefined) entries.push({ item, value: this.#opinionOf(value) });
    }
    return entries;
  }

  /** A label of 0 says no: as much as a negative value, a dislike. */
  #opinionOf(value: number | undefined): number | undefined {
    return value === 0 && this.snapshot.manifest.dataset.valueKind === 'labels' ? -1 : value;
  }

  get #minRating(): number {
    const { objective } = this.snapshot.manifest;
    return objective.algorithm === 'als' ? objective.minRating : Number.NEGATIVE_INFINITY;
  }
}
