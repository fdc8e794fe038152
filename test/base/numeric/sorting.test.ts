import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ascendingOrder,
  descendingOrder,
  firstAbove,
  firstAtLeast,
  groupByKey,
  placesIn,
  startsOf,
} from '../../../src/base/numeric/sorting.js';

const keys = fc.array(fc.nat(6), { maxLength: 40 });

test('positions are grouped by key, each group in the order of the input', () => {
  fc.assert(
    fc.property(keys, fc.boolean(), (list, backwards) => {
      const ascending = list.map((_, position) => position);
      const order = backwards ? ascending.reverse() : ascending;
      const { starts, positions } = groupByKey(Uint32Array.from(list), 8, {
        ...(backwards ? { order: Uint32Array.from(order) } : {}),
      });
      const groups = Array.from({ length: 8 }, (_, key) => [...positions.subarray(starts[key], starts[key + 1])]);
      expect(groups).toEqual(groups.map((_, key) => order.filter(position => list[position] === key)));
      expect(starts.at(-1)).toBe(list.length);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('groups go to the memory that is given, whatever it held', () => {
  const starts = Uint32Array.of(9, 9, 9);
  const positions = Uint32Array.of(7, 7, 7, 7);
  groupByKey(Uint32Array.of(1, 0, 1), 2, { starts, positions });
  expect([starts, positions]).toEqual([Uint32Array.of(0, 1, 3), Uint32Array.of(1, 0, 2, 7)]);
});

test('each number of an order is at its place', () => {
  expect(placesIn(Uint32Array.of(2, 0, 3, 1))).toEqual(Uint32Array.of(1, 3, 0, 2));
});

test('runs start where the ones before them end', () => {
  expect(startsOf([2, 0, 3])).toEqual(Uint32Array.of(0, 2, 2, 5));
  expect(startsOf([])).toEqual(Uint32Array.of(0));
});

test('positions are ordered by value, ties by position', () => {
  expect(descendingOrder([1, 3, 2, 3])).toEqual(Uint32Array.of(1, 3, 2, 0));
  expect(ascendingOrder(Float32Array.of(1, 3, -2, 1))).toEqual(Uint32Array.of(2, 0, 3, 1));
});

test('bisection finds what looking at every value finds', () => {
  fc.assert(
    fc.property(keys, fc.integer({ min: -1, max: 8 }), fc.nat(5), (list, value, from) => {
      const ascending = list.sort((a, b) => a - b);
      const orEnd = (index: number) => (index < 0 ? list.length : index);
      expect(firstAtLeast(ascending, value)).toBe(orEnd(ascending.findIndex(one => one >= value)));
      expect(firstAbove(ascending, value)).toBe(orEnd(ascending.findIndex(one => one > value)));
      if (from > list.length) return;
      expect(firstAbove(ascending, value, from)).toBe(orEnd(ascending.findIndex((one, i) => i >= from && one > value)));
    }),
    { seed: 1, numRuns: 500 },
  );
});
