import type { LoggedEvent } from './event-store.js';

/** Items that are kept of one user: more change a folded-in vector little, and folding them in takes longer. */
const MAX_EVENTS_PER_USER = 200;

/**
 * Bytes that V8 takes on 64 bits, beside the ids: an entry of a map at its worst, which is after it doubled among deleted
 * ones; a record, and the heads of the arrays of a user. `test/recommend/events/recent-events.test.ts` holds them against
 * the heap.
 */
const MAP_ENTRY_BYTES = 112;
const USER_BYTES = MAP_ENTRY_BYTES + 72 + 2 * 48;
const ITEM_BYTES = MAP_ENTRY_BYTES + 40;
const EVENT_BYTES = 4 * 8;

/** The id of an item, once for all users who had to do with it. */
interface Item {
  readonly id: string;
  readonly bytes: number;
  users: number;
}

/** In a list of all users, the one with the latest event last. */
interface User {
  readonly id: string;
  /** Grow by exactly what is added, unlike arrays that are pushed to. Of each item: value, time and total. */
  items: Item[];
  numbers: number[];
  version: number;
  older: User | undefined;
  newer: User | undefined;
}

/** Numbers of one event. NaN stands for a value or a total that is not there. */
const WIDTH = 3;

/**
 * Each user's last event with each of the last items, within a number of bytes. Of too many users, those who have done
 * nothing new for longest are forgotten, one by one.
 *
 * An event takes 32 bytes, a user 280 and an item 152, to which 24 come for the id and one byte for each character, or two
 * where it is not all ASCII. That makes 75 bytes an event where users have ten each and ids 10 characters, 530 for a user and
 * an item of its own, 2.5 kB for such with the longest ids in ASCII, and 4.6 kB at most.
 */
export class RecentEvents {
  readonly #users = new Map<string, User>();
  readonly #items = new Map<string, Item>();
  #oldest: User | undefined;
  #newest: User | undefined;
  #bytes = 0;
  #changes = 0;

  constructor(private readonly maxBytes: number) {}

  /** What the events take in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One event for each item, the latest to come last; undefined when there are none. */
  of(userId: string): readonly LoggedEvent[] | undefined {
    const user = this.#users.get(userId);
    return user?.items.map(({ id: itemId }, i): LoggedEvent => {
      const given = user.numbers[WIDTH * i]!;
      const value = Number.isNaN(given) ? undefined : given;
      const timestamp = user.numbers[WIDTH * i + 1]!;
      const total = user.numbers[WIDTH * i + 2]!;
      if (Number.isNaN(total)) return { userId, itemId, value, timestamp };
      return { userId, itemId, value, timestamp, total };
    });
  }

  /** Another number after each change of the user's events, never one that was there before; undefined when there are none. */
  versionOf(userId: string): number | undefined {
    return this.#users.get(userId)?.version;
  }

  /** Takes an event in, unless a later one with the same item is there. */
  add({ userId, itemId, value, timestamp }: LoggedEvent): void {
    const user = this.#users.get(userId) ?? this.#begin(userId);
    const item = this.#items.get(itemId) ?? this.#beginItem(itemId);
    const { items, numbers } = user;
    user.version = ++this.#changes;
    const earlier = items.indexOf(item);
    let total = Number.NaN;
    if (earlier !== -1) {
      const at = WIDTH * earlier;
      const [before, time, sum] = [numbers[at]!, numbers[at + 1]!, numbers[at + 2]!];
      const counted = Number.isNaN(before) ? 1 : before;
      total = (Number.isNaN(sum) ? counted : sum) + (value ?? 1);
      if (time > timestamp) {
        numbers[at + 2] = total;
        return;
      }
    }
    const isFull = items.length === MAX_EVENTS_PER_USER;
    if (earlier === -1 && !isFull) {
      user.items = items.concat([item]);
      user.numbers = numbers.concat([value ?? Number.NaN, timestamp, total]);
      item.users++;
      this.#bytes += EVENT_BYTES;
    } else {
      const left = Math.max(0, earlier);
      if (earlier === -1) {
        item.users++;
        this.#leave(items[0]!);
      }
      const last = items.length - 1;
      // Not `copyWithin`, which takes fifty times as long with plain arrays.
      for (let i = left; i < last; i++) items[i] = items[i + 1]!;
      for (let i = WIDTH * left; i < WIDTH * last; i++) numbers[i] = numbers[i + WIDTH]!;
      items[last] = item;
      numbers[WIDTH * last] = value ?? Number.NaN;
      numbers[WIDTH * last + 1] = timestamp;
      numbers[WIDTH * last + 2] = total;
    }
    this.#moveToEnd(user);
    while (this.#bytes > this.maxBytes && this.#oldest !== user) this.#forget(this.#oldest!);
  }

  clear(): void {
    this.#users.clear();
    this.#items.clear();
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#bytes = 0;
  }

  #begin(userId: string): User {
    const id = compact(userId);
    const user: User = { id, items: [], numbers: [], version: 0, older: undefined, newer: undefined };
    this.#users.set(id, user);
    this.#bytes += USER_BYTES + stringBytes(id);
    return user;
  }

  #beginItem(itemId: string): Item {
    const id = compact(itemId);
    const item = { id, bytes: ITEM_BYTES + stringBytes(id), users: 0 };
    this.#items.set(id, item);
    this.#bytes += item.bytes;
    return item;
  }

  #leave(item: Item): void {
    if (--item.users > 0) return;
    this.#items.delete(item.id);
    this.#bytes -= item.bytes;
  }

  #forget(user: User): void {
    this.#unlink(user);
    this.#users.delete(user.id);
    for (const item of user.items) this.#leave(item);
    this.#bytes -= USER_BYTES + stringBytes(user.id) + EVENT_BYTES * user.items.length;
  }

  #moveToEnd(user: User): void {
    if (this.#newest === user) return;
    this.#unlink(user);
    user.older = this.#newest;
    user.newer = undefined;
    if (this.#newest) this.#newest.newer = user;
    else this.#oldest = user;
    this.#newest = user;
  }

  /** Does nothing to a user who is not in the list yet. */
  #unlink({ older, newer }: User): void {
    if (older) older.newer = newer;
    else if (newer) this.#oldest = newer;
    if (newer) newer.older = older;
    else if (older) this.#newest = older;
  }
}

/** A copy that stands alone: a part of a line would keep all of the line in memory. */
function compact(id: string): string {
  const encoding = isAscii(id) ? 'latin1' : 'utf16le';
  return Buffer.from(id, encoding).toString(encoding);
}

function stringBytes(id: string): number {
  return 24 + (isAscii(id) ? id.length : 2 * id.length);
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}
