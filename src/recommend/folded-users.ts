import type { FoldInEntry } from '../learn/model/fold-in.js';

/** Memory for all that is kept, by estimate. */
const MAX_BYTES = 16_777_216;
const MAX_USERS = 4096;
/** Share of it that stays when it is too much: to make room for many at once is cheaper than for each. */
const KEPT = 0.9;
/** What one costs beside its vector and its interactions, and what one of these does. */
const USER_BYTES = 400;
const INTERACTION_BYTES = 64;

/** What was found out about a user: all that it depends on, beside the snapshot, is `newInteractions`. */
export interface FoundUser {
  readonly newInteractions: readonly FoldInEntry[];
  readonly vector: Float32Array | undefined;
}

interface Kept<User> {
  readonly found: User;
  version: number | undefined;
  readonly bytes: number;
}

/** What was found out lately about users with new events, as long as the events stay the same. For one snapshot. */
export class FoldedUsers<User extends FoundUser> {
  /** The one who asked last comes last. */
  readonly #byUser = new Map<string, Kept<User>>();
  #bytes = 0;

  constructor(private readonly maxBytes = MAX_BYTES) {}

  /**
   * What is kept of a user.
   * @param version of the user's events, see `UserEvents`; undefined where that is not known
   */
  at(userId: string, version: number | undefined): User | undefined {
    const kept = version === undefined ? undefined : this.#byUser.get(userId);
    return kept && kept.version === version ? this.#used(userId, kept) : undefined;
  }

  /** What is kept of a user, where these are the same new interactions. */
  with(newInteractions: readonly FoldInEntry[], userId: string, version: number | undefined): User | undefined {
    const kept = this.#byUser.get(userId);
    if (!kept || !areSame(kept.found.newInteractions, newInteractions)) return undefined;
    kept.version = version;
    return this.#used(userId, kept);
  }

  keep(found: User, userId: string, version: number | undefined): void {
    const { vector, newInteractions } = found;
    const own = 2 * userId.length + (vector?.byteLength ?? 0) + newInteractions.length * INTERACTION_BYTES;
    const bytes = USER_BYTES + own;
    this.#forget(userId);
    this.#byUser.set(userId, { found, version, bytes });
    this.#bytes += bytes;
    if (this.#bytes <= this.maxBytes && this.#byUser.size <= MAX_USERS) return;
    for (const longest of this.#byUser.keys()) {
      if (this.#bytes <= KEPT * this.maxBytes && this.#byUser.size <= KEPT * MAX_USERS) return;
      this.#forget(longest);
    }
  }

  #used(userId: string, kept: Kept<User>): User {
    this.#byUser.delete(userId);
    this.#byUser.set(userId, kept);
    return kept.found;
  }

  #forget(userId: string): void {
    this.#bytes -= this.#byUser.get(userId)?.bytes ?? 0;
    this.#byUser.delete(userId);
  }
}

function areSame(a: readonly FoldInEntry[], b: readonly FoldInEntry[]): boolean {
  return a.length === b.length && a.every(({ item, value }, i) => item === b[i]!.item && value === b[i]!.value);
}
