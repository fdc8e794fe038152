import { describe, expect, test } from 'vitest';
import { RecentEvents } from '../../../src/recommend/events/recent-events.js';

const event = (userId: string, itemId: string, timestamp = 0, value = 1) => ({ userId, itemId, value, timestamp });

describe('RecentEvents', () => {
  test('keeps the newest event with each item, the order of the log deciding between equal times', () => {
    const recent = new RecentEvents();
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
    const recent = new RecentEvents();
    for (let i = 0; i < 250; i++) recent.add(event('u', `i${i}`));
    expect(recent.of('u')?.map(({ itemId }) => itemId)).toEqual(Array.from({ length: 200 }, (_, i) => `i${i + 50}`));
  });

  test('of too many users forgets those without news for longest', () => {
    const recent = new RecentEvents(4);
    for (const [user, item] of ['ua', 'ub', 'va', 'wa', 'uc', 'xa']) recent.add(event(user!, item!));
    const left = ['u', 'v', 'w', 'x'].map(user => recent.of(user)?.map(({ itemId }) => itemId));
    expect(left).toEqual([['a', 'b', 'c'], undefined, undefined, ['a']]);
  });
});
