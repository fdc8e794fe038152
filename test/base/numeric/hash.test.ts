import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashOfData } from '../../../src/base/numeric/hash.js';

test('plain data has the hash of what JSON makes of it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      expect(hashOfData(JSON.parse(JSON.stringify(value)))).toBe(hashOfData(value));
    }),
    { seed: 1, numRuns: 300 },
  );
  expect(hashOfData([{ itemId: '1', value: undefined }, undefined])).toBe(hashOfData([{ itemId: '1' }, null]));
});

test('different data, near to one another or not, have different hashes', () => {
  const near = [
    ...[null, true, false, 0, 1, -1, 0.5, '', '0', '1', 'a', 'ab', [], [[]], {}, [{}], [null], [0], [0, 0], [1], ['1']],
    ...[{ a: 1 }, { b: 1 }, { a: '1' }, { a: { b: 1 } }, { a: 1, b: 1 }, [['a'], 'b'], [['a', 'b']], ['a', ['b']]],
    ...[[{ itemId: '1' }, { itemId: '2' }], [{ itemId: '2' }, { itemId: '1' }], [{ itemId: '12' }]],
    ...Array.from({ length: 2000 }, (_, i) => [{ itemId: `${i}`, value: 3.5 }]),
    ...Array.from({ length: 2000 }, (_, i) => [{ item: i, value: i / 8 }]),
  ];
  expect(new Set(near.map(value => hashOfData(value))).size).toBe(near.length);
});
