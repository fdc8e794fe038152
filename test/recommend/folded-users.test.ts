import { expect, test } from 'vitest';
import { FoldedUsers, type FoundUser } from '../../src/recommend/folded-users.js';

const entry = (item: number, value?: number) => ({ item, value });
const found = (...newInteractions: FoundUser['newInteractions']): FoundUser => ({
  newInteractions,
  vector: new Float32Array(250),
});

test('keeps what was found as long as the version stays, or what is new is the same', () => {
  const users = new FoldedUsers();
  const one = found(entry(1), entry(2, 3));
  expect(users.at('a', 1)).toBeUndefined();
  users.keep(one, 'a', 1);
  expect(users.at('a', 1)).toBe(one);
  expect(users.at('b', 1)).toBeUndefined();
  for (const version of [2, undefined]) expect(users.at('a', version)).toBeUndefined();
  const others = [[], [entry(1)], [entry(1), entry(2, 4)], [entry(2, 3), entry(1)], [entry(1), entry(2, 3), entry(4)]];
  for (const other of others) expect(users.with(other, 'a', 2)).toBeUndefined();
  expect(users.with([entry(1), entry(2, 3)], 'a', 2)).toBe(one);
  expect([users.at('a', 1), users.at('a', 2)]).toEqual([undefined, one]);
  const later = found(entry(5));
  users.keep(later, 'a', 3);
  expect([users.at('a', 2), users.at('a', 3)]).toEqual([undefined, later]);
});

test('forgets first who has not asked for longest, and keeps within its memory', () => {
  const bytes = 400 + 2 + 1000 + 64;
  const users = new FoldedUsers(10 * bytes);
  const isKept = (id: string) => users.at(id, 1) !== undefined;
  for (const id of 'abcdefghij') users.keep(found(entry(1)), id, 1);
  expect([...'abcdefghij'].every(isKept)).toBe(true);
  expect(isKept('a')).toBe(true);
  users.keep(found(entry(1)), 'k', 1);
  expect([...'abcdefghijk'].filter(isKept).join('')).toBe('adefghijk');
  // Whoever is kept anew takes the room only once.
  for (let i = 0; i < 100; i++) users.keep(found(entry(1)), 'k', 1);
  expect([...'adefghijk'].every(isKept)).toBe(true);
});
