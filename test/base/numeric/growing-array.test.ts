import { expect, test } from 'vitest';
import { GrowingArray } from '../../../src/base/numeric/growing-array.js';

test('a growing array holds what was pushed, however much it is', () => {
  const pushed = Array.from({ length: 5000 }, (_, i) => 7 * i);
  const array = new GrowingArray(length => new Uint32Array(length));
  expect(array.values()).toEqual(new Uint32Array(0));
  for (const value of pushed) array.push(value);
  expect(array.length).toBe(5000);
  expect(array.values()).toEqual(Uint32Array.from(pushed));
});
