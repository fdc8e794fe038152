import fc from 'fast-check';
import { expect, test } from 'vitest';
import { median, quantile } from '../../../src/base/numeric/statistics.js';

const numbers = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 30 });

test('the median has as many numbers below it as above', () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median(Float64Array.of(4, 1, 3, 2))).toBe(2.5);
  expect(median([])).toBeNaN();
  fc.assert(
    fc.property(numbers, values => {
      const middle = median(values);
      expect(values.filter(value => value < middle).length).toBeLessThanOrEqual(values.length / 2);
      expect(values.filter(value => value > middle).length).toBeLessThanOrEqual(values.length / 2);
    }),
  );
});

test('a quantile is the least number that so many do not exceed', () => {
  expect(quantile([3, 1, 2, 4], 0.5)).toBe(2);
  expect(quantile([], 0.5)).toBeNaN();
  fc.assert(
    fc.property(numbers, fc.double({ min: 0, max: 1, noNaN: true }), (values, part) => {
      const atLeast = (limit: number) => values.filter(value => value <= limit).length >= part * values.length;
      const found = quantile(values, part);
      expect(values).toContain(found);
      expect(atLeast(found)).toBe(true);
      expect(values.filter(value => value < found && atLeast(value))).toEqual([]);
    }),
  );
});

test('the values stay in their order', () => {
  const values = Float64Array.of(3, 1, 2);
  median(values);
  quantile(values, 0.5);
  expect(values).toEqual(Float64Array.of(3, 1, 2));
});
