import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoggedEvent } from '../../../src/recommend/events/event-store.js';
import { RecentEvents } from '../../../src/recommend/events/recent-events.js';
import { nodeFlags, programFile } from '../../support/program.js';

const MEGABYTE = 2 ** 20;
const ROOM = 100 * MEGABYTE;
const event = (userId: string, itemId: string, timestamp = 0, value = 1) => ({ userId, itemId, value, timestamp });

/** What `RecentEvents` promises, in the plainest way; it forgets nobody. */
class Model {
  readonly users = new Map<string, LoggedEvent[]>();

  add(event: LoggedEvent): void {
    const events = this.users.get(event.userId) ?? [];
    const before = events.find(({ itemId }) => itemId === event.itemId);
    if (!before) {
      this.users.set(event.userId, [...events, event].slice(-200));
      return;
    }
    const total = (before.total ?? before.value ?? 1) + (event.value ?? 1);
    const isOlder = before.timestamp > event.timestamp;
    const others = events.filter(other => other !== before);
    this.users.set(
      event.userId,
      isOlder
        ? events.map(other => (other === before ? { ...before, total } : other))
        : [...others, { ...event, total }],
    );
  }
}

const events = (users: number, items: number) =>
  fc.array(
    fc.record({
      userId: fc.integer({ min: 0, max: users - 1 }).map(user => `u${user}`),
      itemId: fc.integer({ min: 0, max: items - 1 }).map(item => ['é', '漢', 'item-number-'][item % 3]! + item),
      value: fc.option(fc.double({ min: -5, max: 5, noNaN: true }), { nil: undefined }),
      timestamp: fc.integer({ min: 0, max: 3 }),
    }),
    { minLength: 1, maxLength: 400 },
  );

describe('RecentEvents', () => {
  test('keeps the newest event with each item, the order of the log deciding between equal times', () => {
    const recent = new RecentEvents(ROOM);
    recent.add(event('u', 'a', 10, 1));
    recent.add(event('u', 'b', 10, 2));
    recent.add(event('u', 'a', 10, 3));
    recent.add(event('u', 'b', 9, 4));
    expect(recent.of('u')).toEqual([
      { ...event('u', 'b', 10, 2), total: 6 },
      { ...event('u', 'a', 10, 3), total: 4 },
    ]);
    expect(recent.of('v')).toBeUndefined();
  });

  test('keeps the last 200 items of a user', () => {
    const recent = new RecentEvents(ROOM);
    for (let i = 0; i < 250; i++) recent.add(event('u', `i${i}`));
    expect(recent.of('u')?.map(({ itemId }) => itemId)).toEqual(Array.from({ length: 200 }, (_, i) => `i${i + 50}`));
  });

  test.each([
    [3, 4],
    [20, 30],
    [1, 230],
  ])('is what a plain list would be, as long as there is room: %i users, %i items', (users, items) => {
    fc.assert(
      fc.property(events(users, items), given => {
        const recent = new RecentEvents(ROOM);
        const empty = recent.bytes;
        const model = new Model();
        for (const one of given) {
          const before = recent.versionOf(one.userId);
          recent.add(one);
          model.add(one);
          expect(recent.versionOf(one.userId)).not.toBe(before);
        }
        for (const [userId, list] of model.users) {
          expect(recent.of(userId)).toEqual(list);
          for (const { itemId, timestamp } of list) expect(recent.timestampOf(userId, itemId)).toBe(timestamp);
          expect(recent.timestampOf(userId, 'none')).toBeUndefined();
        }
        recent.clear();
        for (const userId of model.users.keys()) {
          expect([recent.of(userId), recent.versionOf(userId), recent.bytes]).toEqual([undefined, undefined, empty]);
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test('without room for all, keeps the users with the latest events, and all that these have', () => {
    fc.assert(
      fc.property(events(20, 30), fc.integer({ min: 500, max: 12_000 }), (given, most) => {
        const recent = new RecentEvents(most);
        const model = new Model();
        // A user who was forgotten begins anew.
        for (const one of given) {
          if (!recent.of(one.userId)) model.users.delete(one.userId);
          recent.add(one);
          const list = model.users.get(one.userId);
          const isNew = !list?.some(({ itemId, timestamp }) => itemId === one.itemId && timestamp > one.timestamp);
          model.add(one);
          if (isNew) {
            const changed = model.users.get(one.userId)!;
            model.users.delete(one.userId);
            model.users.set(one.userId, changed);
          }
          expect(recent.of(one.userId)).toEqual(model.users.get(one.userId));
          const byAge = [...model.users.keys()];
          const kept = byAge.filter(userId => recent.of(userId));
          expect(kept).toEqual(byAge.slice(-kept.length));
          expect(recent.bytes <= most || kept.length === 1).toBe(true);
          for (const userId of kept) expect(recent.of(userId)).toEqual(model.users.get(userId));
        }
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test('counts the bytes of what it keeps, whatever came and went', () => {
    const recent = new RecentEvents(4 * MEGABYTE);
    let most = 0;
    for (let i = 0; i < 20_000; i++) {
      recent.add(event(`${i}`.padStart(1024, 'u'), `${i % 15_000}`.padStart(1024, i % 2 ? 'é' : 'i')));
      most = Math.max(most, recent.bytes);
    }
    expect(most).toBeLessThanOrEqual(4 * MEGABYTE);
    const kept = Array.from({ length: 20_000 }, (_, i) => recent.of(`${i}`.padStart(1024, 'u'))).flatMap(
      list => list ?? [],
    );
    // Two ids of 1024 characters, every second item of two bytes each, and what cells add to them.
    expect(kept.length).toBeGreaterThan((4 * MEGABYTE) / 3700);
    const again = new RecentEvents(4 * MEGABYTE);
    for (const one of kept) again.add(one);
    // The tables keep the places that they had at most.
    expect(recent.bytes - again.bytes).toBeGreaterThanOrEqual(0);
    expect(recent.bytes - again.bytes).toBeLessThan(2000);
  });

  test('tells apart ids that only differ in how they are written, and gives each back as it was', () => {
    const ids = ['a', 'aa', 'ab', 'é', 'e\u0301', 'a\u0000', '\u6161', '漢', '\ud83d\ude00', '\ud83d', '\ude00', ''];
    const long = ids.flatMap(id => [11, 12, 13, 27, 28, 29, 55, 56, 57, 1022].map(n => 'x'.repeat(n) + id));
    const all = [...ids, ...long];
    const recent = new RecentEvents(ROOM);
    all.forEach((id, i) => {
      recent.add(event(id, all.at(-1 - i)!, i));
    });
    all.forEach((id, i) => {
      expect(recent.of(id)).toEqual([event(id, all.at(-1 - i)!, i)]);
      expect(recent.timestampOf(id, all.at(-1 - i)!)).toBe(i);
    });
    expect(recent.of('x'.repeat(1025))).toBeUndefined();
    expect(() => recent.add(event('x'.repeat(1025), 'a'))).toThrow('1024');
  });

  test.each([
    ['a user and an item for each event', 100_000, 1, 100_000, 10],
    ['ten events for each user', 10_000, 10, 4999, 10],
    ['the longest ids', 10_000, 1, 10_000, 1024],
    ['four times as many of the longest ids as fit', 40_000, 1, 40_000, 1024],
  ])('takes the memory that it counts, and none of the heap: %s', (_, users, events, items, length) => {
    const program = `
      const { RecentEvents } = await import(${JSON.stringify(programFile('src/recommend/events/recent-events'))});
      const taken = () => { gc(); return process.memoryUsage(); };
      const pad = text => text.padEnd(${length}, 'x');
      const before = taken();
      const recent = new RecentEvents(25e6);
      let n = 0;
      for (let e = 0; e < ${events}; e++) for (let u = 0; u < ${users}; u++) {
        const [userId, itemId] = (pad('u' + u) + ',' + pad('i' + n * 7919 % ${items})).split(',');
        recent.add({ userId, itemId, value: 4.5, timestamp: 1700000000 + n++ });
      }
      const after = taken();
      const grown = what => after[what] - before[what];
      console.log(JSON.stringify({ counted: recent.bytes, outside: grown('arrayBuffers'), heap: grown('heapUsed') }));`;
    const args = [...nodeFlags, '--expose-gc', '--input-type=module', '--eval', program];
    const { counted, outside, heap } = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
    expect(counted).toBeLessThanOrEqual(25e6);
    expect(outside).toBeGreaterThanOrEqual(counted);
    expect(outside).toBeLessThan(counted + 0.5 * MEGABYTE);
    expect(heap).toBeLessThan(0.5 * MEGABYTE);
  });
});
