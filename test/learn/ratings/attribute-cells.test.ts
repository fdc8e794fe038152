import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attributeOf } from '../../../src/learn/ratings/attribute-cells.js';

test.each([
  ['numbers', ['1', ' -2.5', '1e3', '.5', null, '', 'NULL', 'nan'], [1, -2.5, 1000, 0.5]],
  ['numbers with signs between thousands', ['1,299.00', '17', '1,000,000'], [1299, 17, 1_000_000]],
  ['numbers with decimal commas', ['17,90', '1.299,00', '5'], [17.9, 1299, 5]],
  ['booleans', ['yes', 'No', 'TRUE', 'f'], [true, false, true, false]],
  ['0 and 1 are numbers', ['0', '1'], [0, 1]],
  ['lists', ['["a","b"]', "['c']", '[]'], [['a', 'b'], ['c'], []]],
  ['texts', ['yes', '7', 'blue'], ['yes', '7', 'blue']],
  ['codes', ['007', '12'], ['007', '12']],
  ['whole numbers beyond float64', ['9007199254740993', '1'], ['9007199254740993', '1']],
  ['numbers beyond float64', ['1e999', '1'], ['1e999', '1']],
  ['dates', ['2026-01-02', '2025-12-31'], ['2026-01-02', '2025-12-31']],
  ['different currencies', ['17.90 EUR', '5 USD'], ['17.90 EUR', '5 USD']],
  ['a number without its unit', ['17.90 EUR', '5'], ['17.90 EUR', '5']],
  ['names with numbers', ['A1', 'A2'], ['A1', 'A2']],
  ['nothing', [null, ' '], []],
])('%s', (_, cells, values) => {
  const attribute = attributeOf(cells);
  expect(attribute).not.toHaveProperty('unit');
  expect(attribute.values.filter(value => value !== undefined)).toEqual(values);
  expect(attribute.values).toHaveLength(cells.length);
});

test.each([
  [['17.90 EUR', '1,299 EUR'], 'EUR', [17.9, 1299]],
  [['USD 5', 'USD 7.5'], 'USD', [5, 7.5]],
  [['€17,90', '€ 5'], '€', [17.9, 5]],
  [['20%', '5 %'], '%', [20, 5]],
])('%j are numbers with a unit', (cells, unit, values) => {
  expect(attributeOf(cells)).toEqual({ values, unit });
});

test('every number is read back as it is', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(
      fc.array(
        number.filter(value => !Number.isInteger(value) || Number.isSafeInteger(value)),
        { minLength: 1 },
      ),
      numbers => {
        expect(attributeOf(numbers.map(String)).values).toEqual(numbers.map(value => (value === 0 ? 0 : value)));
      },
    ),
  );
});
