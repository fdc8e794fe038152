import { rowOf } from '../base/numeric/matrix.js';
import { rowIndices, rowValues } from '../base/numeric/sparse.js';
import type { UserIndex } from '../learn/dataset/id-map.js';
import { AverageUser, FEW_INTERACTIONS } from '../learn/model/average-user.js';
import { FoldIn, type FoldInEntry, MAX_FOLDED } from '../learn/model/fold-in.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Reason, RecommendRequest, Tier, UserEvents } from './recommendation.js';

/** What a snapshot and a request know together of a user. */
export interface KnownUser {
  readonly user: UserIndex | undefined;
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

  constructor(
    private readonly snapshot: Snapshot,
    private readonly events?: UserEvents,
  ) {
    const { arena, manifest, itemFactors, gram, averageUser, items, coldItems } = snapshot;
    const average = averageUser ? new AverageUser(averageUser) : undefined;
    const trained = items.size - coldItems.length;
    this.foldIn = new FoldIn(arena, manifest.objective, itemFactors, gram, trained, average);
  }

  find(request: RecommendRequest): KnownUser {
    const user = request.userId === undefined ? undefined : this.snapshot.users.indexOf(request.userId);
    const history = this.#entriesOf(request);
    const newInteractions = [...this.eventsOf(request.userId, user), ...history];
    if (newInteractions.length > 0) {
      const vector = this.foldIn.vectorOf(this.historyOf({ user, newInteractions }));
      return vector
        ? { user, newInteractions, vector, tier: 'fold-in', reason: history.length > 0 ? 'history' : 'events' }
        : { user, newInteractions, vector, tier: 'popularity', reason: 'history-without-likes' };
    }
    if (user !== undefined) {
      const vector = rowOf(this.snapshot.userFactors, user);
      // A user whose interactions all fell below the rating threshold was not trained on: a zero vector ranks nothing.
      if (vector.some(value => value !== 0)) {
        return { user, newInteractions, vector, tier: 'model', reason: this.reasonOf(user) };
      }
    }
    const reason = (): Reason => {
      if ((request.history?.length ?? 0) > 0) return 'history-unknown';
      if (user !== undefined) return 'not-trained';
      return request.userId === undefined ? 'no-user' : 'unknown-user';
    };
    return { user, newInteractions, vector: undefined, tier: 'popularity', reason: reason() };
  }

  /** The events of a user that say something which the snapshot does not know. */
  eventsOf(userId: string | undefined, user: UserIndex | undefined): FoldInEntry[] {
    const events = userId === undefined ? undefined : this.events?.of(userId);
    if (!events) return [];
    const { items, seen, manifest } = this.snapshot;
    const { rated, to, valueKind } = manifest.dataset;
    const old = new Map<number, number>();
    if (user !== undefined) {
      const values = rowValues(seen, user);
      rowIndices(seen, user).forEach((item, i) => void old.set(item, values[i]!));
    }
    const newest = to === null ? Number.NEGATIVE_INFINITY : Date.parse(to) / 1000;
    return events.flatMap(({ itemId, value, total = value, timestamp }) => {
      const item = items.indexOf(itemId);
      if (item === undefined) return [];
      // Where the snapshot has a value of this item, it may be the event's own, or one that was given after it.
      const before = old.get(item);
      if (before !== undefined && (!rated || timestamp <= newest)) return [];
      if (valueKind === 'quantities' || !rated) {
        // Without times nobody can tell whether the snapshot's quantity holds the event's.
        if (before !== undefined) return to === null ? [] : [{ item, value: before + (value ?? 1) }];
        return [{ item, value: total }];
      }
      return before === Math.fround(value ?? 1) ? [] : [{ item, value: this.#opinionOf(value) }];
    });
  }

  /**
   * What the user is known to have had to do with, each item once: what is new, then what training took of the snapshot's
   * interactions. Where that is more than can be folded in, the latter are thinned out evenly.
   */
  historyOf({ user, newInteractions }: Pick<KnownUser, 'user' | 'newInteractions'>): FoldInEntry[] {
    const entries = new Map(newInteractions.map(entry => [entry.item, entry]));
    if (user === undefined) return [...entries.values()];
    const { seen } = this.snapshot;
    const items = rowIndices(seen, user);
    const values = rowValues(seen, user);
    const taken = Math.min(items.length, Math.max(0, MAX_FOLDED - entries.size));
    for (let i = 0; i < taken; i++) {
      const at = Math.floor((i * items.length) / taken);
      const item = items[at]!;
      if (entries.has(item) || values[at]! < this.#minRating) continue;
      entries.set(item, { item, value: values[at]! });
    }
    return [...entries.values()];
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
    return history.flatMap(({ itemId, value }) => {
      const item = items.indexOf(itemId);
      return item === undefined ? [] : [{ item, value: this.#opinionOf(value) }];
    });
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
