import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ABOVE_ZERO,
  checkOption,
  checkOptions,
  completeOptions,
  expectationOf,
  integer,
  isInRange,
  real,
  valuesOf,
} from '../../../src/base/options/option.js';
import { numberSchema, numbers, numberTextSchema } from '../../../src/base/options/schema.js';

const OPTIONS = {
  size: integer({ meaning: 'size', min: 1, max: 8, default: 4 }),
  rate: real({ meaning: 'rate', min: ABOVE_ZERO, default: 'a tenth of the size' }),
};

describe('a numeric option', () => {
  test.each([
    [integer({ meaning: '', min: 1, max: 8 }), 'a whole number from 1 to 8'],
    [integer({ meaning: '', min: 0 }), 'a whole number of at least 0'],
    [integer({ meaning: '' }), 'a whole number'],
    [real({ meaning: '', min: -1.5, max: 0 }), 'a number from -1.5 to 0'],
    [real({ meaning: '', min: ABOVE_ZERO }), 'a number above 0'],
    [real({ meaning: '', min: ABOVE_ZERO, max: 1 }), 'a number above 0 and at most 1'],
    [real({ meaning: '', max: 1 }), 'a number of at most 1'],
    [real({ meaning: '' }), 'a finite number'],
  ])('tells in words what it takes: %#', (option, expected) => {
    expect(expectationOf(option)).toBe(expected);
  });

  test('takes the same numbers from code, from JSON and, written out, from text', () => {
    const bound = fc.integer({ min: -20, max: 20 });
    const value = fc.oneof(
      bound,
      bound.map(n => n + 0.5),
      fc.double(),
    );
    fc.assert(
      fc.property(fc.boolean(), bound, bound, value, (isWhole, min, max, value) => {
        const option = (isWhole ? integer : real)({ meaning: '', min, max });
        const taken = isInRange(option, value);
        expect(taken).toBe(value >= min && value <= max && !(isWhole && value % 1 !== 0));
        expect(numberSchema(option).safeParse(value).success).toBe(taken);
        // Whole numbers are written in digits alone.
        const written = numberTextSchema(option).safeParse(String(value));
        expect(written.success).toBe(taken);
        if (taken) expect(written.data).toBe(value + 0);
      }),
    );
  });

  test.each(['', ' ', 'abc', '1,5', '0x10', '1e', '+5', '--5', 'NaN', 'Infinity', '1e999'])(
    'takes no number from the text "%s"',
    text => {
      for (const option of [integer({ meaning: '' }), real({ meaning: '' })]) {
        const { error } = numberTextSchema(option).safeParse(text);
        expect(error?.issues[0]?.message).toBe(`expected ${expectationOf(option)}`);
      }
    },
  );
});

describe('checkOption', () => {
  test('names the option, what it must be and what it got, in words and as fields', () => {
    expect(() => checkOption('size', OPTIONS.size, 9)).toThrow(
      expect.objectContaining({
        code: 'invalid-option',
        message: '`size` must be a whole number from 1 to 8, got 9.',
        fields: { option: 'size', value: 9, least: 1, most: 8 },
      }),
    );
  });

  test('of several looks only at what was given', () => {
    expect(() => checkOptions(OPTIONS, {})).not.toThrow();
    expect(() => checkOptions(OPTIONS, { size: 2, rate: 0 })).toThrow('`rate` must be a number above 0, got 0.');
  });
});

describe('completeOptions', () => {
  test('fills in fixed and computed defaults, in the order of the descriptions', () => {
    const all = completeOptions(OPTIONS, {}, { rate: 0.4 });
    expect(Object.entries(all)).toEqual([
      ['size', 4],
      ['rate', 0.4],
    ]);
    expect(completeOptions(OPTIONS, { rate: 3, size: undefined }, { rate: 0.4 })).toEqual({ size: 4, rate: 3 });
  });

  test('refuses what is out of range, and a value that nobody gave', () => {
    expect(() => completeOptions(OPTIONS, { size: 0 }, { rate: 1 })).toThrow('`size` must be');
    const needed = { count: integer({ meaning: '', min: 0 }) };
    expect(() => completeOptions(needed, {}, { count: Number.NaN })).toThrow('`count` must be');
  });
});

test('valuesOf leaves out what the descriptions do not name', () => {
  const values = { other: 1, rate: 2, size: 3 };
  expect(valuesOf(OPTIONS, values)).toEqual({ size: 3, rate: 2 });
});

test('numbers takes any finite number under each of the names', () => {
  expect(Object.keys(numbers(['a', 'b']))).toEqual(['a', 'b']);
  expect(numbers(['a']).a.safeParse(-1e30).success).toBe(true);
  expect(numbers(['a']).a.safeParse('1').success).toBe(false);
});
