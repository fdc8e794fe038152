import { expect, test } from 'vitest';
import { median } from '../../../src/base/numeric/statistics.js';

test('the median is the middle value, of an even number the upper one of two', () => {
  expect(median([10, 9, 100])).toBe(10);
  expect(median([4, 1, 3, 2])).toBe(3);
  expect(median([])).toBeNaN();
});

test('the values stay in their order', () => {
  const values = Float64Array.of(3, 1, 2);
  median(values);
  expect(values).toEqual(Float64Array.of(3, 1, 2));
});
