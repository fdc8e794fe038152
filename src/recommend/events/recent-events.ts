import { randomInt } from 'node:crypto';
import { CellTable } from './cell-table.js';
import { Cells, NEXT } from './cells.js';
import type { LoggedEvent } from './event-store.js';
import { IdTable, NAME, OWN } from './id-table.js';

/** Items that are kept of one user: more change a folded-in vector little, and folding them in takes longer. */
const MAX_EVENTS_PER_USER = 200;

/** Words of a user: the neighbours in the list of all users, the events at both ends of the list of these, and the version. */
const OLDER = OWN;
const NEWER = OWN + 1;
const LATEST = OWN + 2;
const EARLIEST = OWN + 3;
const VERSION = OWN + 4;
const USER_WORDS = 5;
/** Bits of the word `NAME` of a user: the number of events in the third byte, and in the fourth what is over of the version. */
const COUNT_SHIFT = 16;
const COUNT_MASK = 0xff;
const VERSION_SHIFT = 24;

/** Word of an item: users who had to do with it. */
const USERS = OWN;
const ITEM_WORDS = 1;

/** Words of an event: whose and of what it is, and its neighbours in the list of the user. */
const USER = 1;
const ITEM = 8;
const LATER = 9;
const EARLIER = NEXT;
/** Numbers of an event, between them. NaN stands for a value or a total that is not there. */
const VALUE = 1;
const TIME = 2;
const TOTAL = 3;

/**
 * Each user's last event with each of the last items, within a number of bytes. Of too many users, those who have done
 * nothing new for longest are forgotten, one by one. Nothing of it is in the JavaScript heap.
 *
 * An event, a user and an item take a cell of 48 bytes each and four of a table. Of the id of a user each 44 bytes after the
 * first 12 take a cell, and of the id of an item each 44 after the first 28, with a byte for each character, or two where it is
 * not all ASCII. That makes 60 bytes an event where users have ten each and ids 10 characters, 156 for a user and an item of
 * its own, 2.4 kB for such with the longest ids in ASCII, and 4.7 kB at most.
 */
export class RecentEvents {
  readonly #cells = new Cells();
  readonly #users = new IdTable(this.#cells, USER_WORDS);
  readonly #items = new IdTable(this.#cells, ITEM_WORDS);
  readonly #events = new CellTable(this.#cells, event =>
    pairHash(this.#cells.word(event, USER), this.#cells.word(event, ITEM)),
  );
  #oldest = 0;
  #newest = 0;
  #changes = 0;

  constructor(private readonly maxBytes: number) {}

  /** What the events take in memory. */
  get bytes(): number {
    return this.#cells.bytes + this.#users.bytes + this.#items.bytes + this.#events.bytes;
  }

  /** One event for each item, the latest to come last; undefined when there are none. */
  of(userId: string): readonly LoggedEvent[] | undefined {
    const cells = this.#cells;
    const user = this.#users.find(userId);
    if (user === 0) return undefined;
    const events: LoggedEvent[] = [];
    for (let event = cells.word(user, LATEST); event !== 0; event = cells.word(event, EARLIER)) {
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
    const user = this.#users.find(userId);
    const item = user === 0 ? 0 : this.#items.find(itemId);
    const event = item === 0 ? 0 : this.#find(user, item);
    return event === 0 ? undefined : this.#cells.number(event, TIME);
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

    let event = this.#find(user, item);
    let total = Number.NaN;
    if (event === 0) {
      event = this.#begin(user, item);
    } else {
      const before = cells.number(event, VALUE);
      const sum = cells.number(event, TOTAL);
      total = (Number.isNaN(sum) ? (Number.isNaN(before) ? 1 : before) : sum) + (value ?? 1);
      if (cells.number(event, TIME) > timestamp) {
        cells.setNumber(event, TOTAL, total);
        return;
      }
      this.#detach(user, event);
    }
    cells.setNumber(event, VALUE, value ?? Number.NaN);
    cells.setNumber(event, TIME, timestamp);
    cells.setNumber(event, TOTAL, total);
    this.#attach(user, event);
    this.#moveToEnd(user);
    while (this.bytes > this.maxBytes && this.#oldest !== user) this.#forget(this.#oldest);
  }

  /** Keeps the memory for the events to come. */
  clear(): void {
    this.#cells.clear();
    this.#users.clear();
    this.#items.clear();
    this.#events.clear();
    this.#oldest = 0;
    this.#newest = 0;
  }

  #stamp(user: number): void {
    const version = ++this.#changes;
    const name = this.#cells.word(user, NAME) & (2 ** VERSION_SHIFT - 1);
    this.#cells.setWord(user, NAME, name | (Math.floor(version / 2 ** 32) << VERSION_SHIFT));
    this.#cells.setWord(user, VERSION, version);
  }

  #find(user: number, item: number): number {
    const cells = this.#cells;
    let event = this.#events.first(pairHash(user, item));
    while (event !== 0 && (cells.word(event, USER) !== user || cells.word(event, ITEM) !== item)) {
      event = this.#events.next(event);
    }
    return event;
  }

  /** An event that is not in the list of the user yet. It takes the place of the earliest where there are too many. */
  #begin(user: number, item: number): number {
    const cells = this.#cells;
    const name = cells.word(user, NAME);
    let event: number;
    if (((name >>> COUNT_SHIFT) & COUNT_MASK) === MAX_EVENTS_PER_USER) {
      event = cells.word(user, EARLIEST);
      this.#detach(user, event);
      this.#events.remove(event);
      this.#leave(cells.word(event, ITEM));
    } else {
      event = cells.take();
      cells.setWord(user, NAME, name + (1 << COUNT_SHIFT));
    }
    cells.setWord(event, USER, user);
    cells.setWord(event, ITEM, item);
    cells.setWord(item, USERS, cells.word(item, USERS) + 1);
    this.#events.add(event, pairHash(user, item));
    return event;
  }

  #attach(user: number, event: number): void {
    const cells = this.#cells;
    const before = cells.word(user, LATEST);
    cells.setWord(event, EARLIER, before);
    cells.setWord(event, LATER, 0);
    if (before === 0) cells.setWord(user, EARLIEST, event);
    else cells.setWord(before, LATER, event);
    cells.setWord(user, LATEST, event);
  }

  #detach(user: number, event: number): void {
    const cells = this.#cells;
    const later = cells.word(event, LATER);
    const earlier = cells.word(event, EARLIER);
    if (later === 0) cells.setWord(user, LATEST, earlier);
    else cells.setWord(later, EARLIER, earlier);
    if (earlier === 0) cells.setWord(user, EARLIEST, later);
    else cells.setWord(earlier, LATER, later);
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
    for (let event = latest; event !== 0; event = cells.word(event, EARLIER)) {
      this.#events.remove(event);
      this.#leave(cells.word(event, ITEM));
    }
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

/** Odd. */
const PAIR_KEY = 2 * randomInt(2 ** 31) + 1;

/** Of two cells. */
function pairHash(user: number, item: number): number {
  let hash = Math.imul(user, PAIR_KEY) ^ item;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
