import type { LoggedEvent } from './event-store.js';

/** Items that are kept of one user: more change a folded-in vector little, and folding them in takes longer. */
const MAX_EVENTS_PER_USER = 200;
/** Events that are kept in all: some 200 MB. */
const MAX_EVENTS = 1_000_000;
/** Share of them that stays when there are too many. */
const KEPT = 0.9;

/** Each user's last event with each of the last items. Of too many users, those who have done nothing new for longest are forgotten. */
export class RecentEvents {
  /** The user with the latest event last. */
  readonly #byUser = new Map<string, LoggedEvent[]>();
  #size = 0;

  constructor(private readonly maxEvents = MAX_EVENTS) {}

  /** One event for each item, the latest to come last; undefined when there are none. */
  of(userId: string): readonly LoggedEvent[] | undefined {
    return this.#byUser.get(userId);
  }

  /** Takes an event in, unless a later one with the same item is there. */
  add(event: LoggedEvent): void {
    const events = this.#byUser.get(event.userId) ?? [];
    const earlier = events.findIndex(({ itemId }) => itemId === event.itemId);
    let latest = event;
    if (earlier !== -1) {
      const before = events[earlier]!;
      const total = (before.total ?? before.value ?? 1) + (event.value ?? 1);
      latest = { ...(before.timestamp > event.timestamp ? before : event), total };
      if (latest.timestamp > event.timestamp) {
        events[earlier] = latest;
        return;
      }
      events.splice(earlier, 1);
    } else if (events.length === MAX_EVENTS_PER_USER) {
      events.shift();
    } else {
      this.#size++;
    }
    events.push(latest);
    this.#byUser.delete(event.userId);
    this.#byUser.set(event.userId, events);
    if (this.#size > this.maxEvents) this.#forget();
  }

  /** Makes room for many events at once: the first of a map are slow to find where others were deleted before them. */
  #forget(): void {
    for (const [userId, events] of this.#byUser) {
      if (this.#size <= KEPT * this.maxEvents) break;
      this.#byUser.delete(userId);
      this.#size -= events.length;
    }
  }

  clear(): void {
    this.#byUser.clear();
    this.#size = 0;
  }
}
