import { Cells, NEXT } from './cells.js';
import type { LoggedEvent } from './event-store.js';
import { IdTable, NAME, OWN } from './id-table.js';

/** Items that are kept of one user: more change a folded-in vector little, and folding them in takes longer. */
const MAX_EVENTS_PER_USER = 200;

/** Words of a user: the neighbours in the list of all users, the latest event, and the version, which goes on in `NAME`. */
const OLDER = OWN;
const NEWER = OWN + 1;
const LATEST = OWN + 2;
const VERSION = OWN + 3;
const VERSION_SHIFT = 16;

/** Word of an item: users who had to do with it. */
const USERS = OWN;

/** Numbers of an event, then a word; `NEXT` is the event before it. NaN stands for a value or a total that is not there. */
const VALUE = 0;
const TIME = 1;
const TOTAL = 2;
const ITEM = 6;

/**
 * Each user's last event with each of the last items, within a number of bytes. Of too many users, those who have done
 * nothing new for longest are forgotten, one by one. Nothing of it is in the JavaScript heap.
 *
 * An event takes a cell of 32 bytes, a user and an item one each and four bytes of a table. Of the id of a user each 28 bytes
 * take a cell, and of the id of an item each 28 after the first 12, with a byte for each character, or two where it is not all
 * ASCII. That makes 50 bytes an event where users have ten each and ids 10 characters, 136 for a user and an item of its own,
 * 2.5 kB for such with the longest ids in ASCII, and 4.8 kB at most.
 */
export class RecentEvents {
  readonly #cells = new Cells();
  readonly #users = new IdTable(this.#cells, 4);
  readonly #items = new IdTable(this.#cells, 1);
  #oldest = 0;
  #newest = 0;
  #changes = 0;

  constructor(private readonly maxBytes: number) {}

  /** What the events take in memory. */
  get bytes(): number {
    return this.#cells.bytes + this.#users.bytes + this.#items.bytes;
  }

  /** One event for each item, the latest to come last; undefined when there are none. */
  of(userId: string): readonly LoggedEvent[] | undefined {
    const cells = this.#cells;
    const user = this.#users.find(userId);
    if (user === 0) return undefined;
    const events: LoggedEvent[] = [];
    for (let event = cells.word(user, LATEST); event !== 0; event = cells.word(event, NEXT)) {
      const itemId = this.#items.idOf(cells.word(event, ITEM));
      const given = cells.number(event, VALUE);
      const value = Number.isNaN(given) ? undefined : given;
      const timestamp = cells.number(event, TIME);
      const total = cells.number(event, TOTAL);
      events.push(
        Number.isNaN(total) ? { userId, itemId, value, timestamp } : { userId, itemId, value, timestamp, total },
      );
    }
    return events.reverse();
  }

  /** The time of the user's event with the item that `of` tells; undefined when there is none. */
  timestampOf(userId: string, itemId: string): number | undefined {
    const item = this.#items.find(itemId);
    const user = item === 0 ? 0 : this.#users.find(userId);
    if (user === 0) return undefined;
    const cells = this.#cells;
    let event = cells.word(user, LATEST);
    while (event !== 0 && cells.word(event, ITEM) !== item) event = cells.word(event, NEXT);
    return event === 0 ? undefined : cells.number(event, TIME);
  }

  /** Another number after each change of the user's events, never one that was there before; undefined when there are none. */
  versionOf(userId: string): number | undefined {
    const user = this.#users.find(userId);
    if (user === 0) return undefined;
    return (this.#cells.word(user, NAME) >>> VERSION_SHIFT) * 2 ** 32 + this.#cells.word(user, VERSION);
  }

  /** Takes an event in, unless a later one with the same item is there. Ids have at most 1,024 characters. */
  add({ userId, itemId, value, timestamp }: LoggedEvent): void {
    const cells = this.#cells;
    const user = this.#users.findOrAdd(userId);
    const item = this.#items.findOrAdd(itemId);
    this.#stamp(user);

    // The event with the item, or the oldest that is kept, and the one after it.
    let later = 0;
    let event = cells.word(user, LATEST);
    for (let count = 1; event !== 0 && count < MAX_EVENTS_PER_USER && cells.word(event, ITEM) !== item; count++) {
      later = event;
      event = cells.word(event, NEXT);
    }
    let total = Number.NaN;
    const left = event === 0 ? 0 : cells.word(event, ITEM);
    if (left === item) {
      const before = cells.number(event, VALUE);
      const sum = cells.number(event, TOTAL);
      total = (Number.isNaN(sum) ? (Number.isNaN(before) ? 1 : before) : sum) + (value ?? 1);
      if (cells.number(event, TIME) > timestamp) {
        cells.setNumber(event, TOTAL, total);
        return;
      }
    } else {
      cells.setWord(item, USERS, cells.word(item, USERS) + 1);
      if (left !== 0) this.#leave(left);
    }
    if (event === 0) event = cells.take();
    else if (later === 0) cells.setWord(user, LATEST, cells.word(event, NEXT));
    else cells.setWord(later, NEXT, cells.word(event, NEXT));
    cells.setNumber(event, VALUE, value ?? Number.NaN);
    cells.setNumber(event, TIME, timestamp);
    cells.setNumber(event, TOTAL, total);
    cells.setWord(event, ITEM, item);
    cells.setWord(event, NEXT, cells.word(user, LATEST));
    cells.setWord(user, LATEST, event);
    this.#moveToEnd(user);
    while (this.bytes > this.maxBytes && this.#oldest !== user) this.#forget(this.#oldest);
  }

  /** Keeps the memory for the events to come. */
  clear(): void {
    this.#cells.clear();
    this.#users.clear();
    this.#items.clear();
    this.#oldest = 0;
    this.#newest = 0;
  }

  #stamp(user: number): void {
    const version = ++this.#changes;
    const name = this.#cells.word(user, NAME) & (2 ** VERSION_SHIFT - 1);
    this.#cells.setWord(user, NAME, name | (Math.floor(version / 2 ** 32) << VERSION_SHIFT));
    this.#cells.setWord(user, VERSION, version);
  }

  #leave(item: number): void {
    const users = this.#cells.word(item, USERS) - 1;
    if (users === 0) this.#items.remove(item);
    else this.#cells.setWord(item, USERS, users);
  }

  #forget(user: number): void {
    const cells = this.#cells;
    this.#unlink(user);
    const latest = cells.word(user, LATEST);
    for (let event = latest; event !== 0; event = cells.word(event, NEXT)) this.#leave(cells.word(event, ITEM));
    cells.give(latest);
    this.#users.remove(user);
  }

  #moveToEnd(user: number): void {
    if (this.#newest === user) return;
    const cells = this.#cells;
    this.#unlink(user);
    cells.setWord(user, OLDER, this.#newest);
    cells.setWord(user, NEWER, 0);
    if (this.#newest !== 0) cells.setWord(this.#newest, NEWER, user);
    else this.#oldest = user;
    this.#newest = user;
  }

  /** Does nothing to a user who is not in the list yet. */
  #unlink(user: number): void {
    const cells = this.#cells;
    const older = cells.word(user, OLDER);
    const newer = cells.word(user, NEWER);
    if (older !== 0) cells.setWord(older, NEWER, newer);
    else if (newer !== 0) this.#oldest = newer;
    if (newer !== 0) cells.setWord(newer, OLDER, older);
    else if (older !== 0) this.#newest = older;
  }
}
